import { type Cluster, type Host, hasRole, isCoordinator, members } from '../cluster/cluster.js'
import type { Way } from '../cluster/ways.js'
import { runsSparkWorker } from './components.js'

/** What goes to a port of another host, for people (contract, 5 and 7). */
export const purposes: Readonly<Record<number, string>> = {
  8000: 'the balancer passes requests on',
  8001: 'hosts tell the coordinator that they are ready',
  8002: "core asks the coordinator's Gremlin server before it starts",
  8004: 'core asks Elasticsearch on every index host',
  8005: 'Spark workers register with their master',
  9300: 'index hosts form one Elasticsearch cluster',
}

/** With so many others of a kind a host is tried; of more, each host tries others. */
const mostOfAKind = 16

/** Connections that a host will make to other hosts. In a large cluster not all of them: the hosts share them out. */
export function waysFrom(host: Host, cluster: Cluster): readonly Way[] {
  return kindsOfWays(host, cluster).flatMap(({ to, ports, shared }) =>
    (shared ? someOf(to, host, cluster) : to).flatMap((other) => waysTo(host, other, ports)),
  )
}

/** How many connections between hosts there will be, whether they are tried or not. */
export function countWays(cluster: Cluster): number {
  const counts = cluster.hosts
    .flatMap((host) => kindsOfWays(host, cluster))
    .map(({ to, ports }) => to.length * ports.length)
  return counts.reduce((sum, count) => sum + count, 0)
}

interface WaysOfAKind {
  readonly to: readonly Host[]
  readonly ports: readonly number[]
  /** It is enough when some host tries each. */
  readonly shared: boolean
}

function kindsOfWays(host: Host, cluster: Cluster): readonly WaysOfAKind[] {
  const others = members(cluster).filter(({ key }) => key !== host.key)
  const coordinator = others.filter((other) => isCoordinator(cluster, other))
  const index = others.filter((other) => hasRole(other, 'index'))
  const own: readonly WaysOfAKind[] = [
    { to: coordinator, ports: [8001, 8002, ...(runsSparkWorker(host, cluster) ? [8005] : [])], shared: false },
    { to: index, ports: [8004], shared: true },
    { to: hasRole(host, 'index') ? index : [], ports: [9300], shared: true },
  ]
  const isBalancer = cluster.balancer?.host === host.key
  return [...(host.member ? own : []), ...(isBalancer ? [{ to: others, ports: [8000], shared: false }] : [])]
}

/** Those that follow it in the order of the cluster, so that every one has its turn. */
function someOf(hosts: readonly Host[], { key }: Host, { hosts: all }: Cluster): readonly Host[] {
  if (hosts.length <= mostOfAKind) return hosts
  const first = (all.findIndex((host) => host.key === key) * mostOfAKind) % hosts.length
  return [...hosts.slice(first), ...hosts.slice(0, first)].slice(0, mostOfAKind)
}

function waysTo({ key: from }: Host, { key: to }: Host, ports: readonly number[]): readonly Way[] {
  return ports.map((port) => ({ from, to, port }))
}
