import type { Sha256 } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import { artifactsFor } from '../plan/artifacts.js'
import type { PhaseDefinition, PlanContext } from '../plan/context.js'
import { short } from '../plan/state.js'

/**
 * Removes what no host needs any more, when all else has been done: releases but the last ones, and artifacts that
 * none of these is made of. Data is never touched.
 */
export const prune: PhaseDefinition = {
  id: 'prune',
  title: 'Tidy up',
  needs: () => 'success',
  hosts: (context) => context.chosen,
  steps: (host, facts, context) => {
    const kept = keptReleases(facts, context)
    const wanted = artifactsFor(host, facts, context).map(({ sha256 }) => sha256)
    const releases = facts.releases.filter((id) => !kept.includes(id))
    const artifacts = unusedArtifacts(facts, kept, wanted)
    if (releases.length + artifacts.length === 0) return []
    const args = [...releases.flatMap((id) => ['release', id]), ...artifacts.flatMap((sha) => ['artifact', sha])]
    return [
      {
        id: 'prune',
        title: `Remove ${whatOf(releases, artifacts)}`,
        reason: reasonOf(releases, context),
        kind: 'run',
        script: 'prune',
        args: [facts.home.path, ...args],
      },
    ]
  },
}

/** The one that will be current, and those that were so before it. */
function keptReleases(facts: Facts, { cluster, release }: PlanContext): readonly Sha256[] {
  const wanted = release === null ? [] : [release.id]
  const earlier = facts.releases.filter((id) => !wanted.includes(id))
  return [...wanted, ...earlier].slice(0, cluster.keepReleases)
}

/** None, where it is not known what a release that is kept was made of. */
function unusedArtifacts(facts: Facts, kept: readonly Sha256[], wanted: readonly Sha256[]): readonly Sha256[] {
  const there = kept.filter((id) => facts.releases.includes(id))
  if (there.some((id) => facts.parts[id] === undefined)) return []
  const used = new Set([...wanted, ...there.flatMap((id) => (facts.parts[id] ?? []).map(({ sha256 }) => sha256))])
  return facts.artifacts.filter((sha256) => !used.has(sha256))
}

function whatOf(releases: readonly Sha256[], artifacts: readonly Sha256[]): string {
  const named = releases.map(short).join(', ')
  const parts = `${artifacts.length} ${artifacts.length === 1 ? 'artifact' : 'artifacts'}`
  if (releases.length === 0) return parts
  const old = `${releases.length === 1 ? 'release' : 'releases'} ${named}`
  return artifacts.length === 0 ? old : `${old} and ${parts}`
}

function reasonOf(releases: readonly Sha256[], { cluster }: PlanContext): string {
  const { keepReleases } = cluster
  if (releases.length === 0) return 'no release that is kept is made of it'
  return keepReleases === 1 ? 'the current release alone is kept' : `the last ${keepReleases} releases are kept`
}
