import type { Host } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import { artifactsFor, missingParts } from '../plan/artifacts.js'
import type { PhaseDefinition, PlanContext } from '../plan/context.js'
import { peersFor } from '../plan/peers.js'
import type { Step } from '../plan/plan.js'
import { short } from '../plan/state.js'
import { type Artifact, binaries, bringsNode, launchers } from '../trueno/release.js'

/** Brings what is missing of the release to each host and links it together there. Nothing that runs is touched. */
export const stage: PhaseDefinition = {
  id: 'stage',
  title: 'Stage',
  needs: () => 'each',
  hosts: (context) => context.chosen,
  steps: (host, facts, context) => {
    const parts = artifactsFor(host, facts, context)
    const lacking = missingParts(parts, facts, context)
    if (context.release === null || lacking === null) return []
    return [
      ...lacking
        .filter((part) => !facts.artifacts.includes(part.sha256))
        .sort(runtimeFirst)
        .map((part) => fetch(part, host, facts, context)),
      assemble(parts, lacking, facts, context),
    ]
  },
}

/** Whoever has Node can pass on what comes after it. */
function runtimeFirst(one: Artifact, other: Artifact): number {
  return Number(bringsNode(other.name)) - Number(bringsNode(one.name))
}

function fetch(artifact: Artifact, host: Host, facts: Facts, context: PlanContext): Step {
  const { sha256, name, bytes } = artifact
  const peers = peersFor(host, artifact, facts, context)
  const { mirror } = context.cluster
  const reason = `${name} ${short(sha256)} is not on the host`
  return {
    id: `fetch-${name}`,
    title: `Send ${name}`,
    reason,
    kind: 'fetch',
    artifact: sha256,
    name,
    bytes,
    home: facts.home.path,
    ...(peers && { peers }),
    ...(mirror && { mirror }),
  }
}

function assemble(parts: readonly Artifact[], lacking: readonly Artifact[], facts: Facts, context: PlanContext): Step {
  const id = context.release?.id ?? ''
  const isThere = facts.releases.includes(id)
  return {
    id: 'assemble',
    title: isThere ? `Complete release ${short(id)}` : `Link release ${short(id)}`,
    reason: isThere
      ? `the host's roles need ${lacking.map(({ name }) => name).join(', ')}`
      : `release differs: ${short(facts.currentRelease)} → ${short(id)}`,
    kind: 'run',
    script: 'assemble',
    args: [facts.home.path, id, ...parts.flatMap(artifactArgs), ...placeholders(parts), ...copies],
  }
}

function artifactArgs(artifact: Artifact): readonly string[] {
  return ['artifact', artifact.sha256, artifact.to]
}

/** Trueno wants all six launchers on every host, whatever its roles (contract, 3); it looks only whether they are there. */
function placeholders(parts: readonly Artifact[]): readonly string[] {
  const present = new Set(parts.map((part) => part.to))
  return [...Object.entries(launchers), ...alsoOpened]
    .filter(([directory]) => !present.has(`${binaries}/${directory}`))
    .flatMap(([directory, file]) => ['placeholder', `${binaries}/${directory}/${file}`])
}

/** Trueno rewrites Elasticsearch's configuration on every host, also where none runs (contract, 1.4). */
const alsoOpened: readonly (readonly [string, string])[] = [['elasticsearch', 'config/elasticsearch.yml']]

/** What Trueno writes inside its package at every start (contract, 1.4): the host's own copies, never the store's files. */
const copies: readonly string[] = [
  'conf',
  'lib/core/data',
  `${binaries}/elasticsearch/config`,
  `${binaries}/elasticsearch/logs`,
  `${binaries}/gremlin_server/conf`,
].flatMap((path) => ['copy', path])
