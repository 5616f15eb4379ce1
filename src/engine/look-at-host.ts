import type { Cluster, Host, HostKey } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import type { ReadConnection } from '../ssh/connection.js'
import { componentsOf } from '../trueno/components.js'
import type { Scene } from '../trueno/scene.js'
import type { World } from '../world.js'
import { lookAround } from './evidence.js'

export interface LookAtHost {
  readonly host: Host
  readonly cluster: Cluster
  /** Where things lie on it; they may be of an earlier time. */
  readonly facts: Facts
  readonly connection: ReadConnection
  readonly world: World
  readonly signal?: AbortSignal
  /** Hosts whose ready signal it waits for; default: not known. */
  readonly awaits?: readonly HostKey[]
}

/** Looks at a host that is not well, read-only and bounded in time; undefined when it cannot be looked at. */
export async function lookAtHost(look: LookAtHost): Promise<Scene | undefined> {
  const { host, cluster, facts, connection, world, signal, awaits } = look
  const looked = await lookAround(connection, { home: facts.home.path, data: facts.data.path }, world, signal)
  if (looked === undefined) return undefined
  const expected = componentsOf(host, cluster).map(({ name }) => name)
  return { host: host.key, title: '', expected, ...(awaits && { awaits }), ...looked }
}
