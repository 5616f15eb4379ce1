import type { Status } from '../cluster/status.js'
import { lookDeep } from '../engine/look-deep.js'
import { exitCodes } from '../errors.js'
import { askCluster } from '../health/health.js'
import type { HostOptions, Outcome, ReadContext, ReadFleet } from './context.js'
import type { Health } from './host-status.js'
import { probesOf } from './read-context.js'
import { withCauses } from './status-causes.js'
import { statusOf } from './status-document.js'
import { type Visit, visitBriefly } from './visit.js'

export interface StatusOptions extends Omit<HostOptions, 'parallel'> {
  /** Read all of the releases, and measure what is on the disks. */
  readonly deep: boolean
}

/** How everything is. It is given no connection that could change a host, and starts nothing by asking. */
export async function status(
  options: StatusOptions,
  context: ReadContext,
): Promise<Outcome & { readonly status: Status }> {
  const { cluster } = options
  await using fleet = await context.connect(cluster)
  const found = await visitBriefly(cluster, fleet, context)
  const deep = options.deep ? await lookDeep(chosenOf(found, options), fleet.connections, context.signal) : undefined
  const health = await ask(found, fleet, context)
  const told = await withCauses(statusOf(found, health, options, deep), found, health, fleet, context)
  return { status: told, exitCode: isWell(told) ? exitCodes.done : exitCodes.unhealthy, closing: [] }
}

function chosenOf({ facts }: Visit, { chosen }: StatusOptions): Visit['facts'] {
  return new Map([...facts].filter(([key]) => chosen === null || chosen.includes(key)))
}

/** A host that is not chosen counts with its engines; one that is, with all that is told of it. */
function isWell({ state, hosts }: Status): boolean {
  return state === 'ready' && hosts.every(({ problems }) => problems.length === 0)
}

/** Only hosts that gave their facts are asked for their engines. */
async function ask({ cluster, facts }: Visit, fleet: ReadFleet, context: ReadContext): Promise<Health> {
  const reachable = { ...cluster, hosts: cluster.hosts.filter(({ key }) => facts.has(key)) }
  const probes = probesOf(fleet, context)
  const { balancer } = cluster
  const asking =
    balancer !== null && facts.has(balancer.host)
      ? probes(balancer.host).http(balancer.host, balancer.sourcePort, context.signal)
      : null
  const [answers, answer] = await Promise.all([askCluster(reachable, probes, context.signal), asking])
  return { answers, balancer: answer }
}
