import type { Cluster, HostKey } from '../cluster/cluster.js'
import { clusterFromReceipts } from '../cluster/from-receipts.js'
import type { Facts } from '../cluster/facts.js'
import { gatherFacts } from '../engine/gather.js'
import type { Problem } from '../errors.js'
import type { ReadConnection } from '../ssh/connection.js'
import type { CommandContext, Fleet } from './context.js'

/** What was found on a visit of all hosts. */
export interface Visit {
  /** As the files say; without an inventory file, as the receipts on the hosts say. */
  readonly cluster: Cluster
  readonly facts: ReadonlyMap<HostKey, Facts>
  /** Hosts that could not be reached or asked. */
  readonly unreachable: ReadonlyMap<HostKey, Problem>
}

/** Connects to all hosts and tells how it went. */
export async function connectAll(cluster: Cluster, context: CommandContext, timeoutMs = cluster.timeouts.connect): Promise<Fleet> {
  const keys = cluster.hosts.map((host) => host.key)
  context.emit({ kind: 'phaseStarted', phase: 'connect', title: 'Connect', hosts: keys })
  const fleet = await context.connect(cluster, { timeoutMs })
  for (const host of keys) {
    const problem = fleet.unreachable.get(host)
    const outcome = problem === undefined ? 'done' : 'failed'
    context.emit({ kind: 'hostFinished', phase: 'connect', host, outcome, ...(problem && { message: problem.cause }) })
  }
  const failed = fleet.unreachable.size
  const summary = failed === 0 ? `${keys.length} hosts` : `${failed} of ${keys.length} hosts cannot be reached`
  context.emit({ kind: 'phaseFinished', phase: 'connect', outcome: failed === 0 ? 'done' : 'failed', summary })
  return fleet
}

/** Asks all connected hosts for their facts. Without an inventory file the receipts found may say that they live elsewhere: then once more. */
export async function visit(cluster: Cluster, fleet: Fleet, context: CommandContext): Promise<Visit> {
  const connections: ReadonlyMap<HostKey, ReadConnection> = fleet.connections
  const first = await gatherFacts(cluster, connections, context.signal)
  const told = toldByReceipts(cluster, first.facts)
  const moved = told.hosts.some((host) => differs(host, cluster))
  const { facts, problems } = moved ? await gatherFacts(told, connections, context.signal) : first
  return { cluster: told, facts, unreachable: new Map([...fleet.unreachable, ...problems]) }
}

function toldByReceipts(cluster: Cluster, facts: ReadonlyMap<HostKey, Facts>): Cluster {
  if (cluster.hasInventory) return cluster
  const receipts = [...facts].flatMap(([key, { receipt }]) => (receipt === null ? [] : [[key, receipt] as const]))
  return clusterFromReceipts(cluster, new Map(receipts))
}

function differs(host: Cluster['hosts'][number], cluster: Cluster): boolean {
  const before = cluster.hosts.find((candidate) => candidate.key === host.key)
  return before?.home !== host.home || before.data !== host.data || cluster.balancer?.host === host.key
}
