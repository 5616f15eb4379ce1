import type { HostKey } from '../cluster/cluster.js'
import type { Problem } from '../errors.js'
import { withoutHost } from './host-list.js'

/** One problem of one or many hosts. */
export interface SharedProblem {
  /** Their own name is replaced in its texts where there are several. */
  readonly problem: Problem
  /** Empty: it concerns the files or the whole cluster. */
  readonly hosts: readonly HostKey[]
  /** Hosts saw different things; the problem's evidence is that of the first. */
  readonly evidenceDiffers: boolean
  /** What each saw, each text once. */
  readonly evidences: readonly string[]
}

/** Folds equal problems of several hosts into one; errors come before warnings, else the order stays. */
export function sharedProblems(problems: readonly Problem[]): readonly SharedProblem[] {
  const groups = new Map<string, Problem[]>()
  for (const problem of problems) {
    const key = keyOf(problem)
    const members = groups.get(key)
    if (members === undefined) groups.set(key, [problem])
    else members.push(problem)
  }
  return [...groups.values()].map(shared).sort((one, other) => rank(one) - rank(other))
}

/** What was seen may differ from host to host without being another problem. */
function keyOf(problem: Problem): string {
  const { code, severity, title, cause, remedy } = anonymous(problem)
  return JSON.stringify([code, severity, title, cause, remedy, problem.host === undefined])
}

function shared(problems: readonly Problem[]): SharedProblem {
  const [first] = problems
  if (first === undefined) throw new Error('a group of problems has members')
  const hosts = [...new Set(problems.flatMap(({ host }) => (host === undefined ? [] : [host])))]
  const evidenceDiffers = new Set(problems.map((problem) => anonymous(problem).evidence)).size > 1
  const evidences = [...new Set(problems.map(({ evidence }) => evidence.trim()))]
  if (hosts.length < 2) return { problem: first, hosts, evidenceDiffers: false, evidences }
  return { problem: { ...anonymous(first), evidence: first.evidence }, hosts, evidenceDiffers, evidences }
}

function anonymous(problem: Problem): Problem {
  const { host } = problem
  if (host === undefined) return problem
  const without = (text: string): string => withoutHost(text, host, 'HOST')
  const { title, cause, evidence, remedy } = problem
  return {
    ...problem,
    title: without(title),
    cause: without(cause),
    evidence: without(evidence),
    remedy: without(remedy),
  }
}

function rank({ problem }: SharedProblem): number {
  return problem.severity === 'error' ? 0 : 1
}
