import type { Duplex } from 'node:stream'
import type { HostKey } from '../cluster/cluster.js'
import type { ReadScript, WriteScript } from '../plan/plan.js'

/** How a script on a host ended. Success and failure have the same shape; text is decoded and free of control codes. */
export interface ScriptResult {
  /** Exit status; null when a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface ScriptOptions {
  /** Ends the wait (and the channel); the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

export interface RunOptions extends ScriptOptions {
  /** Sent to the script's standard input; called again when the script has to be run again. */
  readonly input?: (hear: Hear) => AsyncIterable<Uint8Array>
}

/** The next line that the script prints, as soon as it has; undefined: none comes any more. For one reader at a time. */
export type Hear = () => Promise<string | undefined>

export interface FollowOptions {
  /** Resolves the follow when it aborts. */
  readonly signal: AbortSignal
  /** One whole line, without its end, colours and control codes; `file` is one of the paths asked for. */
  readonly onLine: (file: string, line: string) => void
}

/** All that `plan`, `status` and `check` are given: there is no verb here that changes a host. */
export interface ReadConnection {
  readonly host: HostKey
  /** Runs a read-only script. Only a broken link throws (`ConnectionError`). */
  read(script: ReadScript, args: readonly string[], options?: ScriptOptions): Promise<ScriptResult>
  /** Follows files live, from their beginning, also those that do not exist yet or are rotated. Ends only by the signal or a broken link. */
  follow(files: readonly string[], options: FollowOptions): Promise<void>
  /** Opens a TCP connection from the host to an address it can reach. Rejects with `TunnelError` when the far end refuses. */
  tunnel(address: string, port: number): Promise<Duplex>
  /** @throws ConnectionError `blocked` when the host must not be told to dial this address */
  assertPermitted(address: string): void
}

/** The one seam between us and a host. */
export interface Connection extends ReadConnection, AsyncDisposable {
  /** Runs a script that changes the host. Only a broken link throws (`ConnectionError`). */
  run(script: WriteScript, args: readonly string[], options?: RunOptions): Promise<ScriptResult>
}

/** Why a host cannot be talked to. `lost` alone may be tried again with the same step. */
export type ConnectionFault =
  | 'name-not-found'
  | 'refused'
  | 'timed-out'
  | 'no-route'
  | 'host-key-unknown'
  | 'host-key-changed'
  | 'host-key-revoked'
  | 'auth-failed'
  | 'no-shell'
  | 'protocol'
  | 'blocked'
  | MissingRight
  | 'lost'

/** Why nothing can be done there as the user that it is to be done as (`runAs`). */
export type MissingRight =
  | 'run-as-no-tool'
  | 'run-as-no-user'
  | 'run-as-refused'
  | 'run-as-terminal'
  | 'run-as-password'
  | 'run-as-wrong-password'
  | 'run-as-failed'

/** The far end of a tunnel did not take the connection. */
export class TunnelError extends Error {
  override readonly name = 'TunnelError'
  /** The host's sshd forbids forwarding; else nobody listens there. An OpenSSH client before 8.5 does not tell the two apart. */
  readonly isForbidden: boolean
  constructor(message: string, isForbidden = false) {
    super(message)
    this.isForbidden = isForbidden
  }
}
