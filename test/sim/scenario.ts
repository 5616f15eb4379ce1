import { type Chance, createChance } from './chance.js'
import { isAsWanted, nothingIsLeft, nothingViolated } from './checks.js'
import { drawCluster, firstRelease, nextRelease, withOtherSettings } from './clusters.js'
import { type Command, type End, give, type Interruption, told } from './command.js'
import { bring, drawFaults, heal } from './faults.js'
import type { Bugs } from './laptop.js'
import { createSimulation, type Simulation } from './simulation.js'

/** More than any command may take, in virtual milliseconds. */
const longestCommandMs = 3_600_000

/**
 * One story: perhaps a cluster that runs already, commands while things go wrong, and then a convergence. Rejects with
 * what went wrong that may not, and a trace.
 */
export async function tell(seed: number, bugs: Bugs = {}): Promise<void> {
  const story = createChance(seed)
  const cluster = drawCluster(story)
  const sim = createSimulation(story.whole(0, 2 ** 31), cluster)
  try {
    await play(sim, story, { cluster, release: firstRelease(), bugs })
  } catch (error) {
    sim.invariants.note(`FAILED ${error instanceof Error ? error.message : error}`)
    throw failure(seed, sim, error)
  }
}

async function play(sim: Simulation, story: Chance, wanted: Wanted): Promise<void> {
  if (story.happens(0.4)) await mustBeDone(sim, { verb: 'up', ...wanted })
  const next = story.happens(0.5) ? wanted : change(story, wanted)
  await sim.clock.run(troubledTime(sim, story, next), 4 * longestCommandMs)
  heal(sim)
  await passTime(sim, story.pick([5000, 20_000, 90_000, 1_000_000]))
  await converge(sim, next)
}

type Wanted = Pick<Command, 'cluster' | 'release' | 'bugs'>

function change(story: Chance, wanted: Wanted): Wanted {
  return story.happens(0.5)
    ? { ...wanted, release: nextRelease() }
    : { ...wanted, cluster: withOtherSettings(wanted.cluster) }
}

/** One to three commands one after the other, now and then two at once, each with faults of its own. */
async function troubledTime(sim: Simulation, story: Chance, wanted: Wanted): Promise<void> {
  for (let left = story.pick([1, 1, 2, 3]); left > 0; left--) {
    bring(sim, drawFaults(story, wanted.cluster))
    const verb = story.happens(0.85) ? 'up' : 'down'
    const first = give(sim, { verb, ...wanted }, drawInterruption(story))
    if (story.happens(0.2)) {
      await sim.clock.world.sleep(story.between(0, story.pick([10_000, 60_000, 200_000])))
      const second: Command = { verb: 'up', ...wanted, who: 'second@laptop', wait: story.happens(0.5) }
      await give(sim, second, drawInterruption(story))
    }
    await first
    nothingViolated(sim)
  }
}

function drawInterruption(story: Chance): Interruption | undefined {
  if (story.happens(0.6)) return undefined
  return story.happens(0.5) ? { atMs: story.between(0, 90_000) } : { atJourney: story.whole(1, 300) }
}

/** `up` succeeds, a second one has nothing to do, `down` leaves nothing. */
async function converge(sim: Simulation, wanted: Wanted): Promise<void> {
  await mustBeDone(sim, { verb: 'up', ...wanted, wait: true })
  isAsWanted(sim, wanted)
  const { writes } = sim.invariants
  const closing = await mustBeDone(sim, { verb: 'up', ...wanted })
  const saidSo = closing.some((line) => line.startsWith('Nothing to do'))
  if (!saidSo || sim.invariants.writes !== writes) throw new Error('a second up had something to do')
  await mustBeDone(sim, { verb: 'down', ...wanted })
  nothingIsLeft(sim)
}

/** Runs a command that has no excuse to fail. */
export async function mustBeDone(sim: Simulation, command: Command): Promise<readonly string[]> {
  const end = await run(sim, give(sim, command))
  if (end.kind !== 'done') throw new Error(`${command.verb} should be done: ${told(end)}`)
  return end.closing
}

export async function run(sim: Simulation, work: Promise<End>): Promise<End> {
  const end = await sim.clock.run(work, longestCommandMs)
  nothingViolated(sim)
  return end
}

export function passTime(sim: Simulation, ms: number): Promise<void> {
  return sim.clock.run(sim.clock.world.sleep(ms), ms)
}

function failure(seed: number, { invariants }: Simulation, error: unknown): Error {
  const lines = invariants.trace.slice(process.env.SIM_SEED === undefined ? -80 : 0)
  const again = `SIM_SEED=${seed} npx vitest run test/sim shows all of it`
  return new Error(`seed ${seed}: ${error instanceof Error ? error.message : error}\n${lines.join('\n')}\n${again}`, {
    cause: error,
  })
}
