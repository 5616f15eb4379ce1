import type { Cluster } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import type { Problem } from '../errors.js'
import { type Restarting, restartingOf } from '../plan/restarting.js'
import { componentsOf } from '../trueno/components.js'
import { lookForCauses } from './causes-on-host.js'
import type { Engine } from './engine.js'
import { type Gathered, gatherFacts } from './gather.js'

const retryMs = 1000

/** A component on a host that may be one that keeps restarting. */
interface Suspect extends Restarting {
  readonly facts: Facts
}

/**
 * Whether what answers also stays: a component that keeps restarting answers now and then. One look at the members;
 * where one is suspect, more, until it ends again or has lived long enough. Resolves with what does not stay, explained.
 */
export async function findRestarting(cluster: Cluster, engine: Engine): Promise<readonly Problem[]> {
  const first = await look(cluster, engine)
  for (let now = first; ; now = await look(cluster, engine)) {
    if (now.problems.size > 0) return [...now.problems.values()]
    const suspects = suspectsIn(cluster, now)
    const again = suspects.filter((one) => hasEndedSince(first, one))
    if (again.length > 0) return await explained(cluster, suspects, engine)
    if (suspects.length === 0) return []
    await engine.world.sleep(retryMs, engine.signal)
  }
}

function look(cluster: Cluster, { connections, signal }: Engine): Promise<Gathered> {
  return gatherFacts({ ...cluster, hosts: cluster.hosts.filter(({ member }) => member) }, connections, { signal })
}

function suspectsIn(cluster: Cluster, { facts }: Gathered): readonly Suspect[] {
  return cluster.hosts.flatMap((host) => {
    const found = facts.get(host.key)
    if (found === undefined) return []
    return restartingOf(found, componentsOf(host, cluster)).map((one) => ({ ...one, facts: found }))
  })
}

/** There is none now, or not the one that was there at first. */
function hasEndedSince({ facts }: Gathered, { process, facts: { host } }: Suspect): boolean {
  const before = facts.get(host)?.processes ?? []
  return !before.some(({ pid, startTicks }) => pid === process?.pid && startTicks === process.startTicks)
}

async function explained(
  cluster: Cluster,
  suspects: readonly Suspect[],
  { connections, world }: Engine,
): Promise<readonly Problem[]> {
  const looks = cluster.hosts.flatMap((host) => {
    const own = suspects.filter(({ facts }) => facts.host === host.key)
    const [facts, connection] = [own[0]?.facts, connections.get(host.key)]
    return facts && connection ? [lookForCauses({ host, cluster, facts, connection, world }, { restarting: own })] : []
  })
  return (await Promise.all(looks)).flatMap(({ failures }) => failures)
}
