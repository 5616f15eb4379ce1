import type { HostKey } from '../cluster/cluster.js'
import { InterruptedError, type Problem, ProblemError } from '../errors.js'
import type { HostWork, Phase, Plan, Step } from '../plan/plan.js'
import { createSlots, type Slots } from '../ssh/slots.js'
import { type Barrier, barrierOf } from './barrier.js'
import type { Engine } from './engine.js'
import { runStep } from './steps.js'
import { createTransfers, type Transfers } from './transfers.js'

/** What came of a plan. */
export interface Applied {
  /** Hosts that failed, with the problems that ended their work; at least one of each. */
  readonly failed: ReadonlyMap<HostKey, readonly Problem[]>
  /** Hosts with work that was not begun or given up, since it could not succeed without the failed ones. */
  readonly held: ReadonlySet<HostKey>
}

/**
 * Carries a plan out and decides nothing: phases in order, hosts side by side, steps in order. A host that fails
 * does not hide the others. Throws only the reason of the engine's signal.
 */
export async function apply(plan: Plan, engine: Engine): Promise<Applied> {
  const progress: Progress = { failed: new Map(unreachableHosts(plan)), held: new Set() }
  for (const phase of plan.phases) {
    engine.signal.throwIfAborted()
    await runPhase(phase, plan, progress, engine)
  }
  return { failed: inOrder(progress.failed, plan), held: progress.held }
}

/** In the order of `cluster.json`, whichever failed first. */
function inOrder(failed: Applied['failed'], plan: Plan): Applied['failed'] {
  const { hosts } = plan.cluster
  return new Map([...failed].sort(([left], [right]) => hosts.indexOf(left) - hosts.indexOf(right)))
}

interface Progress {
  readonly failed: Map<HostKey, readonly Problem[]>
  readonly held: Set<HostKey>
}

function unreachableHosts(plan: Plan): readonly [HostKey, readonly Problem[]][] {
  return plan.unreachable.flatMap((problem) => (problem.host === undefined ? [] : [[problem.host, [problem]]]))
}

async function runPhase(phase: Phase, plan: Plan, progress: Progress, engine: Engine): Promise<void> {
  const work = phase.work.filter(({ host }) => !progress.failed.has(host) && !progress.held.has(host))
  if (work.length === 0 || (phase.needs === 'success' && progress.failed.size + progress.held.size > 0)) return
  engine.emit({ kind: 'phaseStarted', phase: phase.id, title: phase.title, hosts: work.map(({ host }) => host) })
  if (phase.needs === 'every' && progress.failed.size > 0)
    return hold(phase, work, inOrder(progress.failed, plan), progress, engine)
  const run: PhaseRun = {
    phase,
    slots: createSlots(phase.parallel),
    barrier: barrierOf(phase, work, engine),
    transfers: createTransfers(engine, plan.cluster.id, work),
    progress,
    signal: engine.signal,
  }
  try {
    const results = await Promise.allSettled(work.map((host) => runHost(host, run, engine)))
    for (const result of results) if (result.status === 'rejected') throw result.reason
  } finally {
    run.barrier.close()
    await run.transfers.close()
  }
  finishPhase(work, run, engine)
}

interface PhaseRun {
  readonly phase: Phase
  readonly slots: Slots
  readonly barrier: Barrier
  readonly transfers: Transfers
  readonly progress: Progress
  /** Ends what may be broken off. */
  readonly signal: AbortSignal
}

function hold(
  phase: Phase,
  work: readonly HostWork[],
  failed: Applied['failed'],
  progress: Progress,
  engine: Engine,
): void {
  const missing = [...failed.keys()].join(', ')
  for (const { host } of work) {
    progress.held.add(host)
    engine.emit({ kind: 'hostFinished', phase: phase.id, host, outcome: 'skipped' })
  }
  engine.emit({ kind: 'phaseFinished', phase: phase.id, outcome: 'skipped', summary: `not begun without ${missing}` })
}

function finishPhase(work: readonly HostWork[], { phase, progress, transfers }: PhaseRun, engine: Engine): void {
  const failed = work.filter(({ host }) => progress.failed.has(host)).length
  const held = work.filter(({ host }) => progress.held.has(host)).length
  const done = work.length - failed - held
  const summary = failed + held === 0 ? transfers.summary(hosts(done)) : `failed on ${failed} of ${hosts(work.length)}`
  engine.emit({ kind: 'phaseFinished', phase: phase.id, outcome: failed === 0 ? 'done' : 'failed', summary })
}

function hosts(count: number): string {
  return count === 1 ? '1 host' : `${count} hosts`
}

async function runHost({ host, steps }: HostWork, run: PhaseRun, engine: Engine): Promise<void> {
  const { phase, progress, barrier } = run
  for (const stretch of stretchesOf(steps)) {
    const end = await tryStretch(host, stretch, run, engine)
    if (end === 'done') continue
    if (end === 'held') {
      engine.emit({ kind: 'hostFinished', phase: phase.id, host, outcome: 'skipped' })
      barrier.left(host)
      progress.held.add(host)
    } else {
      engine.emit({ kind: 'hostFinished', phase: phase.id, host, outcome: 'failed', problem: end[0] })
      progress.failed.set(host, end)
      barrier.broke(host)
    }
    return
  }
  engine.emit({ kind: 'hostFinished', phase: phase.id, host, outcome: 'done' })
  barrier.left(host)
}

type End = 'done' | 'held' | Problems

/** Steps one by one, but what is fetched in a row together. */
function stretchesOf(steps: readonly Step[]): readonly (readonly Step[])[] {
  const stretches: Step[][] = []
  for (const step of steps) {
    const last = stretches.at(-1)
    if (step.kind === 'fetch' && last?.[0]?.kind === 'fetch') last.push(step)
    else stretches.push([step])
  }
  return stretches
}

function tryStretch(host: HostKey, stretch: readonly Step[], run: PhaseRun, engine: Engine): Promise<End> {
  const [step] = stretch
  if (step === undefined || stretch.length > 1) return run.slots.use(() => sideBySide(host, stretch, run, engine))
  return tryStep(host, step, run, engine)
}

/** Artifacts at once on one host; each takes one of its sessions. */
const mostSideBySide = 4

/** All in the host's one slot. The first that fails ends the others, which are not told: they would say the same. */
async function sideBySide(host: HostKey, steps: readonly Step[], run: PhaseRun, engine: Engine): Promise<End> {
  const stop = new AbortController()
  const slots = createSlots(mostSideBySide)
  const together = { ...run, slots: noSlots, signal: AbortSignal.any([run.signal, stop.signal]) }
  let first: End = 'done'
  const one = async (step: Step): Promise<void> => {
    if (first !== 'done') return
    const end = await tryStep(host, step, together, engine).catch((error: unknown) => {
      if (stop.signal.aborted && error === stop.signal.reason) return 'done' as const
      throw error
    })
    if (end === 'done' || first !== 'done') return
    first = end
    stop.abort(new Error('another of its artifacts did not arrive'))
  }
  const outcomes = await Promise.allSettled(steps.map((step) => slots.use(() => one(step))))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  return first
}

/** Whoever goes on in it has a slot already. */
const noSlots: Slots = { use: (work) => work() }

async function tryStep(host: HostKey, step: Step, run: PhaseRun, engine: Engine): Promise<End> {
  const { barrier, slots, transfers, signal } = run
  const place = { phase: run.phase.id, host, step: step.id }
  const begin = (): void => engine.emit({ kind: 'stepStarted', ...place, title: step.title, ...limitOf(step) })
  try {
    const evidence = await runStep(step, { place, engine, barrier, slots, transfers, signal, begin })
    engine.emit({ kind: 'stepFinished', ...place, ...(evidence === undefined ? {} : { evidence }) })
    return 'done'
  } catch (error) {
    if (signal.aborted && error === signal.reason) throw error
    if (error === barrier.signal.reason) return 'held'
    const problems = problemsOf(error, host)
    engine.emit({ kind: 'stepFailed', ...place, problem: problems[0] })
    return problems
  }
}

function limitOf(step: Step): { limitMs?: number } {
  return step.kind === 'wait' ? { limitMs: step.timeoutMs } : {}
}

type Problems = readonly [Problem, ...Problem[]]

/** A failure of a step becomes its host's problems; an interruption and a defect of ours go up. */
function problemsOf(error: unknown, host: HostKey): Problems {
  if (error instanceof InterruptedError || !(error instanceof ProblemError)) throw error
  const [first, ...more] = error.problems.map((problem) => ({ ...problem, host }))
  if (first === undefined) throw error
  return [first, ...more]
}
