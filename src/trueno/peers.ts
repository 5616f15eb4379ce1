import { type Cluster, type Host, type HostKey, hasRole, isCoordinator, members } from '../cluster/cluster.js'

/** Hosts that one opens connections to, or has to know by name (contract, 5 and 7): the coordinator all, index hosts each other. */
export function peersOf(host: Host, cluster: Cluster): readonly Host[] {
  const isPeer = (other: Host): boolean =>
    isCoordinator(cluster, host) || isCoordinator(cluster, other) || (hasRole(host, 'index') && hasRole(other, 'index'))
  return members(cluster).filter((other) => other.key !== host.key && isPeer(other))
}

/** Keys that a host must be able to look up, its own among them. Addresses need no look-up. */
export function namesToKnow(host: Host, cluster: Cluster): readonly HostKey[] {
  return [host, ...peersOf(host, cluster)].map(({ key }) => key).filter((key) => !isAddress(key))
}

/** An IPv4 or IPv6 address, which means the same everywhere. */
export function isAddress(key: HostKey): boolean {
  return key.includes(':') || /^[\d.]+$/.test(key)
}
