import type { Cluster } from '../../src/cluster/cluster.js'
import { down } from '../../src/commands/down.js'
import { FailedRun } from '../../src/commands/failed-run.js'
import { up } from '../../src/commands/up.js'
import type { Emit } from '../../src/engine/events.js'
import { InterruptedError, type Problem, ProblemError } from '../../src/errors.js'
import type { Release } from '../../src/trueno/release.js'
import { type Bugs, laptop } from './laptop.js'
import { atHand, type Simulation } from './simulation.js'

/** A verb as somebody types it. */
export interface Command {
  readonly verb: 'up' | 'down'
  readonly cluster: Cluster
  readonly release: Release
  readonly who?: string
  /** Hosts at once; default 64. */
  readonly parallel?: number
  /** Wait for the lease; default: no. */
  readonly wait?: boolean
  readonly bugs?: Bugs
}

/** When the user gives up. */
export type Interruption = { readonly atMs: number } | { readonly atJourney: number }

/** How it ended. */
export type End =
  | { readonly kind: 'done'; readonly closing: readonly string[] }
  | {
      readonly kind: 'failed'
      readonly exitCode: number
      readonly problems: readonly Problem[]
      readonly closing: readonly string[]
    }
  | { readonly kind: 'interrupted' }

/** Most that a command may go on after Ctrl-C, in virtual milliseconds: what changes a host is let finish. */
const longestEndMs = 180_000

/** Runs a verb. Rejects with anything that is neither a problem nor an interruption: a defect. */
export async function give(sim: Simulation, command: Command, interruption?: Interruption): Promise<End> {
  const { verb, who = 'first@laptop' } = command
  const stop = new AbortController()
  const cancel = planInterruption(sim, stop, interruption)
  let interruptedAt = Number.POSITIVE_INFINITY
  stop.signal.addEventListener('abort', () => {
    interruptedAt = sim.clock.now()
  })
  sim.invariants.commandBegins()
  sim.invariants.note(`$ ${verb} by ${who}`)
  const end = await run(sim, command, stop.signal).then(done, ended)
  cancel()
  sim.invariants.note(`$ ${verb} by ${who}: ${told(end)}`)
  const late = sim.clock.now() - interruptedAt
  if (late > longestEndMs) sim.invariants.violated(`${verb} went on for ${late / 1000} s after Ctrl-C`)
  return end
}

async function run(sim: Simulation, command: Command, signal: AbortSignal): Promise<readonly string[]> {
  const {
    verb,
    cluster,
    release,
    who = 'first@laptop',
    parallel = 64,
    wait = false,
    bugs: { phases, ...bugs } = {},
  } = command
  const context = laptop(sim, { who, signal, emit: teller(sim, who, signal), ...bugs })
  const options = { cluster, chosen: null, parallel, wait, ...(phases && { phases }) }
  const outcome = await (verb === 'up' ? up({ ...options, release: atHand(release) }, context) : down(options, context))
  return outcome.closing
}

function planInterruption(sim: Simulation, stop: AbortController, interruption?: Interruption): () => void {
  const interrupt = (): void => {
    sim.invariants.note('Ctrl-C')
    stop.abort(new InterruptedError('Ctrl-C'))
  }
  if (interruption === undefined) return () => undefined
  if ('atMs' in interruption) return sim.clock.after(interruption.atMs, interrupt)
  return sim.weather.afterJourneys(interruption.atJourney, interrupt)
}

function done(closing: readonly string[]): End {
  return { kind: 'done', closing }
}

function ended(error: unknown): End {
  if (error instanceof InterruptedError) return { kind: 'interrupted' }
  if (!(error instanceof ProblemError)) throw error
  const { exitCode, problems } = error
  return { kind: 'failed', exitCode, problems, closing: error instanceof FailedRun ? error.closing : [] }
}

/** For people. */
export function told(end: End): string {
  if (end.kind !== 'failed') return end.kind
  return `exit ${end.exitCode}: ${end.problems.map(({ host, code, cause }) => `${host ?? ''} ${code} (${cause})`).join(' | ')}`
}

/** Keeps the trace, and sees what is begun although it may not be. */
function teller({ invariants }: Simulation, who: string, signal: AbortSignal): Emit {
  const failed = new Set<string>()
  return (event) => {
    if (event.kind === 'phaseStarted') invariants.note(`  ${who}: ${event.title}`)
    if (event.kind === 'stepStarted') {
      invariants.note(`  ${who}: ${event.host} ${event.title}`)
      if (signal.aborted) invariants.violated(`${event.host}: ${event.step} is begun after Ctrl-C`)
      if (failed.has(event.host)) invariants.violated(`${event.host}: ${event.step} is begun although it has failed`)
    }
    if (event.kind === 'stepFailed') {
      invariants.note(`  ${who}: ${event.host} failed: ${event.problem.cause}`)
      failed.add(event.host)
    }
  }
}
