import type { HostKey } from '../cluster/cluster.js'
import { InterruptedError, type Problem, ProblemError } from '../errors.js'
import type { HostWork, Phase, Plan, Step } from '../plan/plan.js'
import { createSlots, type Slots } from '../ssh/slots.js'
import { type Barrier, barrierOf } from './barrier.js'
import type { Engine } from './engine.js'
import { runStep } from './steps.js'

/** What came of a plan. */
export interface Applied {
  /** Hosts that failed, with the problem that ended their work. */
  readonly failed: ReadonlyMap<HostKey, Problem>
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
    await runPhase(phase, progress, engine)
  }
  return { failed: inOrder(progress.failed, plan), held: progress.held }
}

/** In the order of `cluster.json`, whichever failed first. */
function inOrder(failed: ReadonlyMap<HostKey, Problem>, plan: Plan): ReadonlyMap<HostKey, Problem> {
  const { hosts } = plan.cluster
  return new Map([...failed].sort(([left], [right]) => hosts.indexOf(left) - hosts.indexOf(right)))
}

interface Progress {
  readonly failed: Map<HostKey, Problem>
  readonly held: Set<HostKey>
}

function unreachableHosts(plan: Plan): readonly [HostKey, Problem][] {
  return plan.unreachable.flatMap((problem) => (problem.host === undefined ? [] : [[problem.host, problem]]))
}

async function runPhase(phase: Phase, progress: Progress, engine: Engine): Promise<void> {
  const work = phase.work.filter(({ host }) => !progress.failed.has(host) && !progress.held.has(host))
  if (work.length === 0 || (phase.needs === 'success' && progress.failed.size + progress.held.size > 0)) return
  engine.emit({ kind: 'phaseStarted', phase: phase.id, title: phase.title, hosts: work.map(({ host }) => host) })
  if (phase.needs === 'every' && progress.failed.size > 0) return hold(phase, work, progress, engine)
  const run: PhaseRun = { phase, slots: createSlots(phase.parallel), barrier: barrierOf(phase, engine), progress }
  try {
    const results = await Promise.allSettled(work.map((host) => runHost(host, run, engine)))
    for (const result of results) if (result.status === 'rejected') throw result.reason
  } finally {
    run.barrier.close()
  }
  finishPhase(phase, work, progress, engine)
}

interface PhaseRun {
  readonly phase: Phase
  readonly slots: Slots
  readonly barrier: Barrier
  readonly progress: Progress
}

function hold(phase: Phase, work: readonly HostWork[], progress: Progress, engine: Engine): void {
  const missing = [...progress.failed.keys()].join(', ')
  for (const { host } of work) {
    progress.held.add(host)
    engine.emit({ kind: 'hostFinished', phase: phase.id, host, outcome: 'skipped' })
  }
  engine.emit({ kind: 'phaseFinished', phase: phase.id, outcome: 'skipped', summary: `not begun without ${missing}` })
}

function finishPhase(phase: Phase, work: readonly HostWork[], progress: Progress, engine: Engine): void {
  const failed = work.filter(({ host }) => progress.failed.has(host)).length
  const held = work.filter(({ host }) => progress.held.has(host)).length
  const done = work.length - failed - held
  const summary =
    failed + held === 0 ? [hosts(done), ...sent(work)].join(', ') : `failed on ${failed} of ${hosts(work.length)}`
  engine.emit({ kind: 'phaseFinished', phase: phase.id, outcome: failed === 0 ? 'done' : 'failed', summary })
}

/** What a phase has brought to the hosts, unpacked. */
function sent(work: readonly HostWork[]): readonly string[] {
  const fetched = work.flatMap(({ steps }) => steps.flatMap((step) => (step.kind === 'fetch' ? [step.bytes] : [])))
  const bytes = fetched.reduce((sum, one) => sum + one, 0)
  return bytes === 0 ? [] : [`${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`]
}

function hosts(count: number): string {
  return count === 1 ? '1 host' : `${count} hosts`
}

async function runHost({ host, steps }: HostWork, run: PhaseRun, engine: Engine): Promise<void> {
  const { phase, progress, barrier } = run
  for (const step of steps) {
    const end = await tryStep(host, step, run, engine)
    if (end === 'done') continue
    if (end === 'held') {
      engine.emit({ kind: 'hostFinished', phase: phase.id, host, outcome: 'skipped' })
      progress.held.add(host)
    } else {
      engine.emit({ kind: 'hostFinished', phase: phase.id, host, outcome: 'failed', problem: end })
      progress.failed.set(host, end)
      barrier.broke(host)
    }
    return
  }
  engine.emit({ kind: 'hostFinished', phase: phase.id, host, outcome: 'done' })
}

async function tryStep(host: HostKey, step: Step, run: PhaseRun, engine: Engine): Promise<'done' | 'held' | Problem> {
  const place = { phase: run.phase.id, host, step: step.id }
  const begin = (): void => engine.emit({ kind: 'stepStarted', ...place, title: step.title, ...limitOf(step) })
  try {
    const evidence = await runStep(step, { place, engine, barrier: run.barrier, slots: run.slots, begin })
    engine.emit({ kind: 'stepFinished', ...place, ...(evidence === undefined ? {} : { evidence }) })
    return 'done'
  } catch (error) {
    if (engine.signal.aborted && error === engine.signal.reason) throw error
    if (error === run.barrier.signal.reason) return 'held'
    const problem = problemOf(error, host)
    engine.emit({ kind: 'stepFailed', ...place, problem })
    return problem
  }
}

function limitOf(step: Step): { limitMs?: number } {
  return step.kind === 'wait' ? { limitMs: step.timeoutMs } : {}
}

/** A failure of a step becomes its host's problem; an interruption and a defect of ours go up. */
function problemOf(error: unknown, host: HostKey): Problem {
  if (error instanceof InterruptedError || !(error instanceof ProblemError)) throw error
  const [problem] = error.problems
  if (problem === undefined) throw error
  return { ...problem, host }
}
