import type { Cluster, HostKey } from '../cluster/cluster.js'
import type { Emit } from '../engine/events.js'
import type { ArtifactSource } from '../engine/engine.js'
import type { ExitCode, Problem } from '../errors.js'
import type { Probes } from '../health/probes.js'
import type { Connection, ReadConnection } from '../ssh/connection.js'
import type { Release } from '../trueno/release.js'
import type { World } from '../world.js'

/** What every verb is given of the outside; the simulator gives its own. */
export interface CommandContext {
  readonly world: World
  readonly emit: Emit
  /** Aborted with an `InterruptedError` when the user asks to stop. */
  readonly signal: AbortSignal
  /** `user@laptop`. */
  readonly who: string
  /** Connects all hosts side by side; never throws for a host that cannot be reached. */
  readonly connect: (cluster: Cluster, options: { readonly timeoutMs: number }) => Promise<Fleet>
  readonly probes: (connection: ReadConnection) => Probes
}

/** The hosts of a cluster as far as they could be reached. */
export interface Fleet extends AsyncDisposable {
  readonly connections: ReadonlyMap<HostKey, Connection>
  readonly unreachable: ReadonlyMap<HostKey, Problem>
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
}

/** How a verb ended. */
export interface Outcome {
  readonly exitCode: ExitCode
  /** Last lines for people: where to connect, what to type next. */
  readonly closing: readonly string[]
}
