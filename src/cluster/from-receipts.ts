import { type Cluster, type Host, type HostKey, hostOf, members } from './cluster.js'
import type { Receipt } from './receipt.js'

/**
 * The cluster as its hosts remember it: without an inventory file the name, the balancer, how many releases are kept and
 * each host's directories are what the receipts say, so that a second person changes nothing by what he lacks; the other settings are those of the
 * file on the host (`plan/settings.ts`). The coordinator's receipt comes first where the hosts disagree. A balancer host
 * outside the cluster is added; it is reached by its key. What no receipt tells stays as it is, and with an inventory
 * file everything does.
 */
export function clusterFromReceipts(cluster: Cluster, receipts: ReadonlyMap<HostKey, Receipt>): Cluster {
  const leading = leadingReceipt(cluster, receipts)
  if (cluster.hasInventory || leading === undefined) return cluster
  const hosts = [...members(cluster), ...balancerOutside(cluster, leading)]
  return {
    ...cluster,
    name: leading.name,
    hosts: hosts.map((host) => ({ ...host, ...placesIn(receipts.get(host.key)) })),
    keepReleases: leading.keepReleases ?? cluster.keepReleases,
    balancer: leading.balancer,
  }
}

function leadingReceipt(cluster: Cluster, receipts: ReadonlyMap<HostKey, Receipt>): Receipt | undefined {
  const others = members(cluster).map((host) => host.key)
  const told = [cluster.coordinator, ...others].find((key) => receipts.has(key))
  return told === undefined ? undefined : receipts.get(told)
}

/** Without an inventory all hosts have the same settings, those that are built in: the coordinator's serve as well. */
function balancerOutside(cluster: Cluster, { balancer }: Receipt): readonly Host[] {
  if (balancer === null || members(cluster).some((host) => host.key === balancer.host)) return []
  const known = cluster.hosts.find((host) => host.key === balancer.host)
  const { host: key } = balancer
  return [known ?? { ...hostOf(cluster, cluster.coordinator), key, roles: [], member: false, access: { ssh: key } }]
}

function placesIn(receipt: Receipt | undefined): Partial<Pick<Host, 'home' | 'data'>> {
  if (receipt === undefined) return {}
  const { home, data } = receipt.settings
  return { home, data }
}
