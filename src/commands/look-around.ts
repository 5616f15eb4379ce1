import { isLocal } from '../cluster/addresses.js'
import { type Cluster, type HostKey, members } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import type { Way } from '../cluster/ways.js'
import { tryWays } from '../engine/try-ways.js'
import { titleOfPort } from '../trueno/components.js'
import { waysFrom } from '../trueno/ways.js'
import type { HostOptions, ReadContext, ReadFleet } from './context.js'
import type { Visit } from './visit.js'

/** Has the chosen hosts try whether they get through to those that they will talk to. Hosts that were not reached are told already. */
export async function lookAround(
  found: Visit,
  { connections }: ReadFleet,
  { chosen }: Pick<HostOptions, 'chosen'>,
  context: ReadContext,
): Promise<Visit> {
  const { cluster, facts, surroundings } = found
  const ways = await tryWays(waysBetween(cluster, facts, chosen), connections, context)
  return { ...found, surroundings: { ...surroundings, ways } }
}

/** Tries which ports of what runs are open to this machine itself. */
export async function knockAll(found: Visit, { knock }: ReadContext): Promise<Visit> {
  if (knock === undefined) return found
  const { cluster, facts, surroundings } = found
  const knocks = members(cluster).map(async ({ key }) => {
    const ports = openTo(facts.get(key))
    return [key, ports.length === 0 ? [] : await knock(key, ports)] as const
  })
  return { ...found, surroundings: { ...surroundings, openPorts: new Map(await Promise.all(knocks)) } }
}

/** Ports of ours that not only the host itself can get to. */
function openTo(facts: Facts | undefined): readonly number[] {
  if (facts === undefined || facts.ownAddresses.every(isLocal)) return []
  const open = facts.listeners.filter(({ port, address, ours }) => ours && !isLocal(address) && titleOfPort(port))
  return [...new Set(open.map(({ port }) => port))]
}

function waysBetween(
  cluster: Cluster,
  facts: ReadonlyMap<HostKey, Facts>,
  chosen: HostOptions['chosen'],
): readonly Way[] {
  const isChosen = (key: HostKey): boolean => chosen === null || chosen.includes(key)
  return cluster.hosts
    .filter(({ key }) => facts.has(key) && isChosen(key))
    .flatMap((host) => waysFrom(host, cluster))
    .filter(({ to }) => facts.has(to))
}
