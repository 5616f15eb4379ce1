import { type Cluster, type Host, hasRole } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import { runsSparkMaster } from '../trueno/components.js'
import { type Artifact, runsOn } from '../trueno/release.js'
import type { PlanContext } from './context.js'

/** The parts of the release that this host runs; a balancer host outside the cluster needs no engine. */
export function artifactsFor(
  host: Host,
  facts: Facts,
  context: Pick<PlanContext, 'cluster' | 'release'>,
): readonly Artifact[] {
  const needed = (context.release?.artifacts ?? []).filter((artifact) => needs(host, artifact, context.cluster))
  const runtime = runtimeFor(facts, needed)
  return needed.filter((artifact) => artifact.to !== runtimePlace || artifact === runtime)
}

/** Of the runtimes that a release brings, the one for this host: that of its platform, else the one for all if it runs there. */
export function runtimeFor({ machine }: Facts, artifacts: readonly Artifact[]): Artifact | undefined {
  const fitting = artifacts.filter(({ to, runtime }) => to === runtimePlace && (!runtime || runsOn(runtime, machine)))
  return fitting.find(({ name }) => name !== runtimePlace) ?? fitting[0]
}

const runtimePlace = 'runtime'

function needs(host: Host, artifact: Artifact, cluster: Cluster): boolean {
  if (artifact.for === 'every') return true
  if (artifact.for === 'members') return host.member
  if (artifact.for.includes('master') && runsSparkMaster(host, cluster)) return true
  return artifact.for.some((role) => role !== 'master' && hasRole(host, role))
}

/**
 * Those of these parts that the release on the host lacks; null: nothing is lacking. A release that is there is known by
 * its places: what Trueno rewrites is no part of its id, so a place may hold another artifact of the same release.
 */
export function missingParts(
  parts: readonly Artifact[],
  facts: Facts,
  { release }: Pick<PlanContext, 'release'>,
): readonly Artifact[] | null {
  if (release === null || !facts.releases.includes(release.id)) return parts
  const places = facts.parts[release.id]?.map(({ to }) => to)
  const lacking = parts.filter(({ to }) => places !== undefined && !places.includes(to))
  return lacking.length === 0 ? null : lacking
}
