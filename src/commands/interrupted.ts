import type { Cluster } from '../cluster/cluster.js'
import { isCoordinator } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import { gatherFacts } from '../engine/gather.js'
import { InterruptedError } from '../errors.js'
import { hostState } from '../plan/state.js'
import type { ReadContext, ReadFleet } from './context.js'

/** A run that the user stopped, with what it left running and how to go on. */
export class InterruptedRun extends InterruptedError {
  readonly closing: readonly string[]
  constructor(closing: readonly string[]) {
    super('interrupted')
    this.closing = closing
  }
}

const lookLimitMs = 3000

/**
 * Does work on hosts; when the user stops it, looks once more at what is running there, and says so.
 * @param goOn how to go on then
 */
export async function tellingWhatRuns<T>(
  cluster: Cluster,
  fleet: ReadFleet,
  context: ReadContext,
  goOn: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error
    throw new InterruptedRun([await whatRuns(cluster, fleet, context), goOn])
  }
}

async function whatRuns(cluster: Cluster, fleet: ReadFleet, { world }: ReadContext): Promise<string> {
  const over = new AbortController()
  const late = world.sleep(lookLimitMs, over.signal).then(
    () => undefined,
    () => undefined,
  )
  const look = gatherFacts(cluster, fleet.connections).then(({ facts }) => facts)
  const facts = await Promise.race([look.catch(() => undefined), late])
  over.abort(new Error('looked'))
  return facts === undefined ? 'What runs on the hosts could not be asked any more.' : told(cluster, facts)
}

function told(cluster: Cluster, facts: ReadonlyMap<string, Facts>): string {
  const states = cluster.hosts.flatMap((host) => {
    const found = facts.get(host.key)
    const name = isCoordinator(cluster, host) ? `${host.key} (coordinator)` : host.key
    return found === undefined ? [] : [{ name, state: hostState(found, null, []).kind }]
  })
  const running = states.filter(({ state }) => state !== 'stopped').map(({ name }) => name)
  const stopped = states.length - running.length
  if (running.length === 0) return 'Nothing of this cluster runs.'
  return `Running: ${running.join(', ')}.${stopped === 0 ? '' : ` ${stopped} of ${states.length} hosts run nothing.`}`
}
