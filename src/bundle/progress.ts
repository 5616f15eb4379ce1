import type { Emit } from '../engine/events.js'
import { InterruptedError, type Problem, ProblemError } from '../errors.js'

/** A phase of making a bundle, told by the same events as those on hosts: its rows are parts. */
export interface Phase {
  readonly id: string
  readonly title: string
  readonly rows: readonly string[]
}

/** What the work on one row may tell. */
export interface Row {
  say(message: string): void
  /** Total is null while it is not known. */
  bytes(done: number, total: number | null): void
}

/** Runs a phase of one piece. `work` gives its result and what it came to, in a few words. */
export async function inPhase<T>(
  emit: Emit,
  phase: Omit<Phase, 'rows'>,
  work: (say: (message: string) => void) => Promise<{ result: T; summary: string }>,
): Promise<T> {
  const { id, title } = phase
  emit({ kind: 'phaseStarted', phase: id, title, hosts: [], noun: 'part' })
  try {
    const { result, summary } = await work((message) => emit({ kind: 'phaseProgress', phase: id, message }))
    emit({ kind: 'phaseFinished', phase: id, outcome: 'done', summary })
    return result
  } catch (error) {
    emit({ kind: 'phaseFinished', phase: id, ...failureOf(error) })
    throw error
  }
}

/** Runs a phase for each of its rows, some at a time. What fails does not hide the others: all is told. @throws ProblemError */
export async function forEachRow<T>(
  emit: Emit,
  phase: Phase,
  work: (name: string, row: Row) => Promise<{ result: T; message: string }>,
  summaryOf: (results: readonly T[]) => string,
): Promise<readonly T[]> {
  const { id, title, rows } = phase
  emit({ kind: 'phaseStarted', phase: id, title, hosts: rows, noun: 'part' })
  const outcomes = await limited(rows, atOnce, (name) => inRow(emit, id, title, name, work))
  const problems = outcomes.flatMap((outcome) => outcome.problems)
  const results = outcomes.flatMap((outcome) => (outcome.result === undefined ? [] : [outcome.result]))
  const stopped = outcomes.find(({ thrown }) => thrown !== undefined)
  const end = stopped ? failureOf(stopped.thrown) : null
  const failed = outcomes.filter(({ result }) => result === undefined).length
  const summary = end?.summary ?? (failed > 0 ? `failed for ${failed} of ${rows.length}` : summaryOf(results))
  emit({ kind: 'phaseFinished', phase: id, outcome: end?.outcome ?? (failed > 0 ? 'failed' : 'done'), summary })
  if (stopped !== undefined) throw stopped.thrown
  if (problems.length > 0) throw new ProblemError(problems)
  return results
}

const atOnce = 3

interface RowOutcome<T> {
  readonly result?: T
  readonly problems: readonly Problem[]
  /** An interruption, or a mistake of ours: ends the phase. */
  readonly thrown?: unknown
}

async function inRow<T>(
  emit: Emit,
  phase: string,
  title: string,
  host: string,
  work: (name: string, row: Row) => Promise<{ result: T; message: string }>,
): Promise<RowOutcome<T>> {
  const place = { phase, host, step: phase }
  emit({ kind: 'stepStarted', ...place, title })
  const row: Row = {
    say: (message) => emit({ kind: 'stepProgress', ...place, message }),
    bytes: (bytes, totalBytes) =>
      emit({ kind: 'stepProgress', ...place, bytes, ...(totalBytes !== null && { totalBytes }) }),
  }
  try {
    const { result, message } = await work(host, row)
    emit({ kind: 'stepFinished', ...place })
    emit({ kind: 'hostFinished', phase, host, outcome: 'done', message })
    return { result, problems: [] }
  } catch (error) {
    if (!(error instanceof ProblemError)) return { problems: [], thrown: error }
    const [problem] = error.problems
    emit({ kind: 'hostFinished', phase, host, outcome: 'failed', ...(problem && { message: problem.title, problem }) })
    return { problems: error.problems }
  }
}

function failureOf(error: unknown): { outcome: 'failed' | 'skipped'; summary: string } {
  if (error instanceof InterruptedError) return { outcome: 'skipped', summary: 'interrupted' }
  const first = error instanceof ProblemError ? error.problems[0]?.title : undefined
  return { outcome: 'failed', summary: first ?? 'not finished' }
}

async function limited<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = new Array(items.length)
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index] as T)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  return results
}
