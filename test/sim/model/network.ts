import type { HostKey } from '../../../src/cluster/cluster.js'
import type { Machine } from './machine.js'
import type { Process } from './process.js'

/** The hosts' own network: who can be reached at which port. */
export interface Network {
  readonly machines: ReadonlyMap<HostKey, Machine>
  /** What listens there; undefined: the connection is refused, or there is no such host. */
  dial(key: HostKey, port: number): { readonly process: Process; readonly service: unknown } | undefined
}

export function createNetwork(machines: ReadonlyMap<HostKey, Machine>): Network {
  return { machines, dial: (key, port) => machines.get(key)?.ports.get(port) }
}
