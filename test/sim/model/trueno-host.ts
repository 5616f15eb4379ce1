import type { HostKey, Role } from '../../../src/cluster/cluster.js'
import type { Machine } from './machine.js'
import type { Network } from './network.js'

/** What one Trueno is started with: `-h KEY --cluster FILE --dir DATA`. */
export interface TruenoHost {
  readonly key: HostKey
  readonly machine: Machine
  readonly network: Network
  readonly roles: readonly Role[]
  /** All keys of its `cluster.json`. */
  readonly keys: readonly HostKey[]
  readonly master: HostKey
  readonly indexHosts: readonly HostKey[]
}

type Roles = Partial<Record<Role, boolean>>

/** Reads `cluster.json` as it lies on the host; null where Trueno would reject it or this host is not in it. */
export function truenoHost(key: HostKey, machine: Machine, network: Network): TruenoHost | null {
  const hosts = JSON.parse(machine.disk.files.get(`${machine.home}/etc/cluster.json`) ?? '{}') as Record<string, Roles>
  const keys = Object.keys(hosts)
  const master = keys.find((candidate) => hosts[candidate]?.master)
  const own = hosts[key]
  if (master === undefined || own === undefined) return null
  return {
    key,
    machine,
    network,
    keys,
    master,
    roles: (Object.keys(own) as Role[]).filter((role) => own[role]),
    indexHosts: keys.filter((candidate) => hosts[candidate]?.index),
  }
}
