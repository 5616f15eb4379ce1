import type { Cluster, HostKey } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import type { Problem } from '../errors.js'
import type { ReadConnection } from '../ssh/connection.js'
import type { World } from '../world.js'
import { lookForCauses } from './causes-on-host.js'
import { isSilent, type Unwell } from './unwell.js'

export interface Explaining {
  readonly cluster: Cluster
  readonly facts: ReadonlyMap<HostKey, Facts>
  readonly connections: ReadonlyMap<HostKey, ReadConnection>
  readonly world: World
  readonly signal?: AbortSignal
}

/** Looks, read-only, at the hosts that are not well; where the cause is found, it is told instead of what it brings about. */
export async function explainProblems(
  problems: readonly Problem[],
  unwell: readonly Unwell[],
  { cluster, facts, connections, ...around }: Explaining,
): Promise<readonly Problem[]> {
  const looks = cluster.hosts.flatMap((host) => {
    const about = unwell.filter((one) => one.host === host.key).map(({ component }) => component)
    const [known, connection] = [facts.get(host.key), connections.get(host.key)]
    if (about.length === 0 || known === undefined || connection === undefined) return []
    return [lookForCauses({ ...around, host, cluster, facts: known, connection }, { about })]
  })
  const causes = (await Promise.all(looks)).flatMap(({ failures }) => failures)
  return [...causes, ...problems.filter((problem) => !isExplained(problem, causes))]
}

/** What says only that something gives no answer, by anything that is known of its host. */
export function isExplained(problem: Problem, causes: readonly Problem[]): boolean {
  return causes.some(({ host, code }) => host === problem.host && (isSilent(problem) || code === problem.code))
}
