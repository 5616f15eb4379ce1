import type { ProblemCode } from './catalogue/catalogue.js'

/**
 * Something that is wrong, told so that the reader can act: what it is, how we know, and the way out.
 * The `code` is stable and meant for scripts; the texts may change.
 */
export interface Problem {
  /** Stable name of the finding, kebab-case, e.g. `port-taken`. */
  readonly code: ProblemCode
  /** `error` stops `up`; `warning` is told and passed over. */
  readonly severity: 'error' | 'warning'
  /** One short line naming the failure, e.g. `Elasticsearch did not start`. */
  readonly title: string
  /** Why, in one sentence. */
  readonly cause: string
  /** What was seen: a log line, a file and line, an answer. May have several lines. Empty when there is nothing to show. */
  readonly evidence: string
  /** What to do about it. May have several lines. */
  readonly remedy: string
  /** Key of the host concerned; absent when it concerns the files or the whole cluster. */
  readonly host?: string
}

/** Exit codes, as `cli.md` promises them. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  unhealthy: 3,
  locked: 4,
  changes: 5,
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** An error that is told as problems, never as a stack trace. */
export class ProblemError extends Error {
  override readonly name: string = 'ProblemError'
  readonly problems: readonly Problem[]
  readonly exitCode: ExitCode
  constructor(problems: readonly Problem[], exitCode: ExitCode = exitCodes.failed) {
    super(problems.map((problem) => `${problem.title}: ${problem.cause}`).join('\n'))
    this.problems = problems
    this.exitCode = exitCode
  }
}

/** Wrong use or configuration (exit 2): nothing was contacted. */
export class UsageError extends ProblemError {
  override readonly name = 'UsageError'
  constructor(problems: readonly Problem[]) {
    super(problems, exitCodes.usage)
  }
}

/** Somebody else holds the lease (exit 4). */
export class LeaseHeldError extends ProblemError {
  override readonly name = 'LeaseHeldError'
  constructor(problem: Problem) {
    super([problem], exitCodes.locked)
  }
}

/** The user asked to stop (exit 130). Used as the abort reason of the run's signal. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'
}

/** Short form for problems that stop. */
export function errorProblem(problem: Omit<Problem, 'severity' | 'evidence'> & { evidence?: string }): Problem {
  return { evidence: '', ...problem, severity: 'error' }
}
