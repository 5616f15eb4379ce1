import type { Host } from '../cluster/cluster.js'
import { members } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import type { Receipt } from '../cluster/receipt.js'
import type { PhaseDefinition, PlanContext } from '../plan/context.js'
import type { Step } from '../plan/plan.js'
import { settingsFileOf } from '../plan/settings.js'
import { short } from '../plan/state.js'
import { layoutOf } from '../trueno/layout.js'
import { writeStep } from './write.js'

/** Puts the files in place that tell a host what it is, and points `current` at the release. */
export const configure: PhaseDefinition = {
  id: 'configure',
  title: 'Configure',
  needs: () => 'each',
  hosts: (context) => context.chosen,
  steps: (host, facts, context) => [
    ...clusterFile(facts, context),
    ...settings(host, facts, context),
    ...activate(facts, context),
    ...receipt(host, facts, context),
  ],
}

/** What the host keeps about itself, as the file's one line. */
function receiptOf(host: Host, facts: Facts, context: PlanContext): Receipt {
  const { cluster, clusterId, release } = context
  if (release === null) throw new Error('a receipt names a release')
  const { home, data } = host
  return {
    version: 1,
    clusterId,
    name: cluster.name,
    key: host.key,
    roles: host.roles,
    member: host.member,
    release: {
      id: release.id,
      label: release.label,
      killTimeoutMs: release.killTimeoutMs,
      ...(release.hasJava && { hasJava: true }),
    },
    settings: { home, data, environment: settingsFileOf(host, facts, context).sha256 },
    keepReleases: cluster.keepReleases,
    peers: members(cluster).map((member) => member.key),
    balancer: cluster.balancer,
  }
}

function clusterFile(facts: Facts, { cluster }: PlanContext): readonly Step[] {
  const { content } = cluster.file
  const path = layoutOf(facts.home.path).clusterFile
  return writeStep(facts, { id: 'cluster-file', name: 'cluster.json', path, content, found: facts.files.cluster })
}

/** Where only the host has them, that they are there was checked before. */
function settings(host: Host, facts: Facts, context: PlanContext): readonly Step[] {
  const { content, engines } = settingsFileOf(host, facts, context)
  if (content === null) return []
  const { environmentFile, enginesFile } = layoutOf(facts.home.path)
  const ofEngines = { id: 'engines', name: 'settings of engines', path: enginesFile, content: engines }
  const ofAll = { id: 'environment', name: 'settings', path: environmentFile, content }
  return [
    ...(engines === '' ? [] : writeStep(facts, { ...ofEngines, found: facts.files.engines, secret: true })),
    ...writeStep(facts, { ...ofAll, found: facts.files.environment, secret: true }),
  ]
}

function receipt(host: Host, facts: Facts, context: PlanContext): readonly Step[] {
  const content = `${JSON.stringify(receiptOf(host, facts, context))}\n`
  const path = layoutOf(facts.home.path).receiptFile
  return writeStep(facts, { id: 'receipt', name: 'receipt', path, content, found: facts.files.receipt })
}

function activate(facts: Facts, context: PlanContext): readonly Step[] {
  const id = context.release?.id ?? ''
  if (facts.currentRelease === id) return []
  const reason = `release differs: ${short(facts.currentRelease)} → ${short(id)}`
  return [
    {
      id: 'activate',
      title: `Switch to release ${short(id)}`,
      reason,
      kind: 'run',
      script: 'activate',
      args: [facts.home.path, id],
    },
  ]
}
