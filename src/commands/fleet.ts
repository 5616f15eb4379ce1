import type { Cluster, Host, HostKey } from '../cluster/cluster.js'
import type { Problem } from '../errors.js'
import type { Ssh } from '../ssh/connect.js'
import type { Connection } from '../ssh/connection.js'
import { ConnectionError } from '../ssh/errors.js'
import type { Fleet } from './context.js'

export interface FleetOptions {
  readonly parallel: number
  readonly signal: AbortSignal
}

/** Connects the hosts of a cluster over SSH; what cannot be reached is told, never thrown. Disposing closes all. */
export async function openFleet(cluster: Cluster, ssh: Ssh, options: FleetOptions): Promise<Fleet> {
  const connections = new Map<HostKey, Connection>()
  const unreachable = new Map<HostKey, Problem>()
  const reach = async ({ hosts }: Cluster): Promise<void> => {
    const fresh = hosts.filter(({ key }) => !connections.has(key) && !unreachable.has(key))
    const opened = await ssh.openConnections(fresh.map(accessOf), options)
    for (const [key, one] of opened) {
      if (one instanceof ConnectionError) unreachable.set(key, one.problem)
      else connections.set(key, one)
    }
  }
  const leave = async (host: HostKey): Promise<void> => connections.get(host)?.[Symbol.asyncDispose]()
  const close = async (): Promise<void> => {
    await Promise.allSettled([...connections.values()].map((connection) => connection[Symbol.asyncDispose]()))
  }
  await reach(cluster)
  return { connections, unreachable, reach, leave, [Symbol.asyncDispose]: close }
}

function accessOf({ key, access }: Host): { key: HostKey; access: Host['access'] } {
  return { key, access }
}
