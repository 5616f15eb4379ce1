import type { HostKey, Sha256 } from '../cluster/cluster.js'
import type { Probes } from '../health/probes.js'
import type { Mirror } from '../mirror/mirror.js'
import type { Connection } from '../ssh/connection.js'
import type { World } from '../world.js'
import type { Emit } from './events.js'

/** What carrying out a plan needs of the outside. */
export interface Engine {
  readonly world: World
  readonly emit: Emit
  /** Aborted when the user asks to stop: waits and transfers end at once, scripts that change a host are let finish. */
  readonly signal: AbortSignal
  readonly connections: ReadonlyMap<HostKey, Connection>
  readonly artifacts: ArtifactSource
  readonly probes: (host: HostKey) => Probes
  /** The lease's token; goes with every script that changes a host. */
  readonly token: number
  /** Bytes a second that may leave this machine, to all hosts together; null: as many as can. */
  readonly uploadLimit: number | null
  /** Bytes a second that each host may pass on to others; null: as many as it can. */
  readonly relayLimit: number | null
  /** A server that has artifacts as they travel; null: there is none. */
  readonly mirror: Mirror | null
}

/** Where the bytes of a release come from. */
export interface ArtifactSource {
  open(artifact: Sha256): Promise<ArtifactBytes>
}

export interface ArtifactBytes {
  /** How the tar travels. */
  readonly encoding: 'tar' | 'gz'
  /** Of what travels. */
  readonly sha256: Sha256
  /** Bytes that travel. */
  readonly bytes: number
  /** @param from offset of the first byte; default 0 */
  read(from?: number): AsyncIterable<Uint8Array>
}

/** Where in a plan something happens; part of every event of a step. */
export interface StepPlace {
  readonly phase: string
  readonly host: HostKey
  readonly step: string
}

export function connectionOf(engine: Engine, host: HostKey): Connection {
  const connection = engine.connections.get(host)
  if (connection === undefined) throw new Error(`no connection to ${host}`)
  return connection
}
