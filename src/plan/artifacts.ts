import { type Cluster, type Host, hasRole } from '../cluster/cluster.js'
import { runsSparkMaster } from '../trueno/components.js'
import type { Artifact } from '../trueno/release.js'
import type { PlanContext } from './context.js'

/** The parts of the release that this host runs; a balancer host outside the cluster needs no engine. */
export function artifactsFor(host: Host, context: Pick<PlanContext, 'cluster' | 'release'>): readonly Artifact[] {
  return (context.release?.artifacts ?? []).filter((artifact) => needs(host, artifact, context.cluster))
}

function needs(host: Host, artifact: Artifact, cluster: Cluster): boolean {
  if (artifact.for === 'every') return true
  if (artifact.for === 'members') return host.member
  if (artifact.for.includes('master') && runsSparkMaster(host, cluster)) return true
  return artifact.for.some((role) => role !== 'master' && hasRole(host, role))
}
