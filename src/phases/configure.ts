import type { Host } from '../cluster/cluster.js'
import { members } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import type { Receipt } from '../cluster/receipt.js'
import type { PhaseDefinition, PlanContext } from '../plan/context.js'
import type { Step } from '../plan/plan.js'
import { sha256, short } from '../plan/state.js'
import { environmentFile } from '../trueno/environment.js'
import { layoutOf } from '../trueno/layout.js'

/** Puts the files in place that tell a host what it is, and points `current` at the release. */
export const configure: PhaseDefinition = {
  id: 'configure',
  title: 'Configure',
  needs: () => 'each',
  hosts: (context) => context.chosen,
  steps: (host, facts, context) => [
    ...clusterFile(facts, context),
    ...environment(host, facts),
    ...activate(facts, context),
    ...receipt(host, facts, context),
  ],
}

/** What the host keeps about itself, as the file's one line. */
export function receiptOf(host: Host, context: PlanContext): Receipt {
  const { cluster, clusterId, release } = context
  if (release === null) throw new Error('a receipt names a release')
  const { home, data, java, spark, environment } = host
  return {
    version: 1,
    clusterId,
    name: cluster.name,
    key: host.key,
    roles: host.roles,
    member: host.member,
    release: { id: release.id, label: release.label, killTimeoutMs: release.killTimeoutMs },
    settings: { home, data, java, spark, environment },
    peers: members(cluster).map((member) => member.key),
    balancer: cluster.balancer,
  }
}

function clusterFile(facts: Facts, context: PlanContext): readonly Step[] {
  const { content, sha256 } = context.cluster.file
  const reason = difference('cluster.json', facts.files.cluster, sha256)
  return write(facts, 'cluster-file', 'cluster.json', layoutOf(facts.home.path).clusterFile, content, reason)
}

function environment(host: Host, facts: Facts): readonly Step[] {
  const content = environmentFile(host, facts.javaHome)
  const reason = difference('settings', facts.files.environment, sha256(content))
  return write(facts, 'environment', 'settings', layoutOf(facts.home.path).environmentFile, content, reason)
}

function receipt(host: Host, facts: Facts, context: PlanContext): readonly Step[] {
  const content = `${JSON.stringify(receiptOf(host, context))}\n`
  const reason = difference('receipt', facts.files.receipt, sha256(content))
  return write(facts, 'receipt', 'receipt', layoutOf(facts.home.path).receiptFile, content, reason)
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

function difference(what: string, found: string | null, wanted: string): string | undefined {
  if (found === wanted) return undefined
  return found === null ? `${what} is not there yet` : `${what} differs: ${short(found)} → ${short(wanted)}`
}

function write(
  facts: Facts,
  id: string,
  what: string,
  path: string,
  content: string,
  reason: string | undefined,
): readonly Step[] {
  if (reason === undefined) return []
  return [
    {
      id: `write-${id}`,
      title: `Write ${what}`,
      reason,
      kind: 'write',
      path,
      content,
      mode: 0o600,
      home: facts.home.path,
    },
  ]
}
