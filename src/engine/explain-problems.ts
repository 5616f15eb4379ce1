import type { Cluster, Host, HostKey } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import type { Problem } from '../errors.js'
import type { ReadConnection } from '../ssh/connection.js'
import { failuresIn } from '../trueno/explain.js'
import type { Scene } from '../trueno/scene.js'
import type { World } from '../world.js'
import { died } from './failing.js'
import { lookAtHost } from './look-at-host.js'
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
  around: Explaining,
): Promise<readonly Problem[]> {
  const hosts = around.cluster.hosts.filter(({ key }) => unwell.some(({ host }) => host === key))
  const causes = new Map(
    await Promise.all(hosts.map(async (host) => [host.key, await causesOn(host, around)] as const)),
  )
  const isExplained = (problem: Problem): boolean => {
    const known = causes.get(problem.host ?? '') ?? []
    return isSilent(problem) ? known.length > 0 : known.some(({ code }) => code === problem.code)
  }
  return [...[...causes.values()].flat(), ...problems.filter((problem) => !isExplained(problem))]
}

async function causesOn(host: Host, { facts, connections, ...around }: Explaining): Promise<readonly Problem[]> {
  const [connection, found] = [connections.get(host.key), facts.get(host.key)]
  if (connection === undefined || found === undefined) return []
  const scene = await lookAtHost({ ...around, host, facts: found, connection })
  if (scene === undefined) return []
  const causes = failuresIn(scene)
  return causes.length === 0 && runsNothing(scene) ? [nothingRuns(host.key)] : causes
}

function runsNothing({ condition }: Scene): boolean {
  return condition?.processes.length === 0
}

function nothingRuns(host: HostKey): Problem {
  return { ...died, severity: 'error', title: 'Trueno has died', evidence: '', host }
}
