import type { Transport } from '../cluster/cluster.js'

/** One host as ssh would reach it: the user's SSH configuration, with the inventory on top. No optionals left. */
export interface Target {
  /** What was asked for: an alias, a name, an address. */
  readonly name: string
  readonly hostname: string
  readonly port: number
  readonly user: string
  /** Absolute paths, in order. */
  readonly identityFiles: readonly string[]
  /** The files are the user's choice, not ssh's defaults: one that is missing is told. */
  readonly identityFilesChosen: boolean
  /** Only keys named by `identityFiles` are offered, also of those the agent has. */
  readonly identitiesOnly: boolean
  /** Socket of the agent; null: none. */
  readonly identityAgent: string | null
  /** Hosts to go through, first hop first; they have none of their own. */
  readonly jumps: readonly Target[]
  /** Command whose standard input and output are the connection; null: none. */
  readonly proxyCommand: string | null
  /** Files of known keys, the user's own first: to the first of them new keys are added. */
  readonly knownHosts: { readonly user: readonly string[]; readonly global: readonly string[] }
  readonly hashKnownHosts: boolean
  /** Name to look for in those files instead of `hostname`; null: none. */
  readonly hostKeyAlias: string | null
  readonly strictHostKeyChecking: StrictHostKeyChecking
  /** Lists in order of preference, as configured; null: not configured. */
  readonly algorithms: Readonly<Record<AlgorithmKind, readonly string[] | null>>
  /** Null: not configured. */
  readonly connectTimeoutMs: number | null
  readonly keepalive: { readonly intervalMs: number; readonly countMax: number }
  readonly addressFamily: 'any' | 'inet' | 'inet6'
  /** Local address to connect from; null: any. */
  readonly bindAddress: string | null
  readonly compression: boolean
  /** Environment asked of the host. */
  readonly environment: Readonly<Record<string, string>>
  /** Socket of the agent that is forwarded to the host; null: none. */
  readonly forwardAgent: string | null
  readonly methods: Methods
  readonly passwordPrompts: number
  /** Arguments that make the ssh of this machine reach the host like this; null: there is none. */
  readonly sshArguments: readonly string[] | null
  /** That ssh has LogVerbose (OpenSSH 8.5), by which it says why a host refuses a channel. */
  readonly logVerbose: boolean
  /** As the inventory wants it. */
  readonly transport: Transport
  /** Keywords that are configured and that only OpenSSH can act on. */
  readonly onlyOpenSsh: readonly string[]
  /** Where values came from, for people, by ssh's own keyword in lower case; what is not here is ssh's default. */
  readonly sources: Readonly<Record<string, string>>
  /** What of the configuration could not be taken into account, in sentences. */
  readonly notes: readonly string[]
}

export type StrictHostKeyChecking = 'ask' | 'yes' | 'accept-new' | 'no'
export type AlgorithmKind = 'kex' | 'cipher' | 'mac' | 'hostKey'

/** Ways to log in that are wanted. */
export interface Methods {
  readonly publickey: boolean
  readonly keyboardInteractive: boolean
  readonly password: boolean
  /** Those of them that only OpenSSH has, in SSH's own words: `gssapi-with-mic`. */
  readonly onlyOpenSsh: readonly string[]
}

/** `user@hostname:port`, for people. */
export function describeTarget(target: Target): string {
  return `${target.user}@${target.hostname.includes(':') ? `[${target.hostname}]` : target.hostname}:${target.port}`
}
