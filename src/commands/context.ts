import type { Cluster, HostKey } from '../cluster/cluster.js'
import type { ArtifactSource } from '../engine/engine.js'
import type { Emit } from '../engine/events.js'
import type { OwnRuns } from '../engine/lease.js'
import type { ExitCode, Problem } from '../errors.js'
import type { Probes } from '../health/probes.js'
import type { Mirror } from '../mirror/mirror.js'
import type { Plan } from '../plan/plan.js'
import type { Connection, ReadConnection } from '../ssh/connection.js'
import type { Release } from '../trueno/release.js'
import type { World } from '../world.js'
import type { Suggest } from './suggest.js'

/** What a verb that only reads is given of the outside: there is nothing in it that could change a host. */
export interface ReadContext {
  readonly world: World
  readonly emit: Emit
  /** Aborted with an `InterruptedError` when the user asks to stop. */
  readonly signal: AbortSignal
  /** Connects all hosts side by side; never throws for a host that cannot be reached. */
  readonly connect: (cluster: Cluster) => Promise<ReadFleet>
  readonly probes: (connection: ReadConnection) => Probes
  /** Those of a host's ports that this machine itself gets through to, without SSH. Absent: it is not tried. */
  readonly knock?: (host: HostKey, ports: readonly number[]) => Promise<readonly number[]>
}

/** The same for verbs that change hosts. The simulator gives its own. */
export interface CommandContext extends ReadContext {
  /** Commands about this very cluster, for closing lines. */
  readonly suggest: Suggest
  /** `user@laptop`. */
  readonly who: string
  /** Where nothing is remembered of earlier runs, none. */
  readonly runs?: OwnRuns
  readonly connect: (cluster: Cluster) => Promise<Fleet>
  /** Bytes a second that may leave this machine; null: no limit. */
  readonly uploadLimit: number | null
  /** Bytes a second that each host may pass on to others; null: no limit. */
  readonly relayLimit: number | null
  /** A server that has artifacts; null: there is none. */
  readonly mirror: Mirror | null
  /** Keeps all that may tell why a run failed, read-only; resolves with the file, undefined where it could not. Absent: nothing is kept. */
  readonly keepFailure?: (failure: Failure) => Promise<string | undefined>
}

/** A run that failed, while its connections are still there. */
export interface Failure {
  readonly cluster: Cluster
  readonly fleet: ReadFleet
  readonly problems: readonly Problem[]
  /** Null: it did not come to one. */
  readonly plan: Plan | null
}

/** The hosts of a cluster as far as they could be reached. */
export interface ReadFleet extends AsyncDisposable {
  readonly connections: ReadonlyMap<HostKey, ReadConnection>
  readonly unreachable: ReadonlyMap<HostKey, Problem>
  /** Connects those hosts too that were not tried yet: receipts can tell of a balancer host that no file names. */
  reach(cluster: Cluster): Promise<void>
  /** Closes the connection to a host of which nothing more will be asked. */
  leave(host: HostKey): Promise<void>
}

export interface Fleet extends ReadFleet {
  readonly connections: ReadonlyMap<HostKey, Connection>
}

/** A release at hand: what it is, and where its bytes come from. */
export interface ReleaseAtHand extends ArtifactSource {
  readonly release: Release
}

/** What the verbs that work on hosts have in common. */
export interface HostOptions {
  readonly cluster: Cluster
  /** Keys chosen by --hosts and --roles; null: all. */
  readonly chosen: readonly HostKey[] | null
  /** How many hosts at once. */
  readonly parallel: number
  /** Hosts may get things from each other. Default: true. */
  readonly relay?: boolean
}

/** How a verb ended. */
export interface Outcome {
  readonly exitCode: ExitCode
  /** Last lines for people: where to connect, what to type next. */
  readonly closing: readonly string[]
}
