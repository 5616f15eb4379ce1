import type { Problem } from '../errors.js'
import type { HostKey, Sha256 } from './cluster.js'
import type { Reach } from './reach.js'

/** `check --json`: what would make `up` fail, host by host. */
export interface CheckReport {
  readonly version: 1
  /** Every host was reached, and nothing but warnings was found. */
  readonly ok: boolean
  readonly cluster: string
  /** Null: none is given and the hosts carry none; what depends on one was not looked at. */
  readonly release: Sha256 | null
  readonly hosts: readonly CheckedHost[]
  /** TCP connections between hosts: how many there will be, and how many of them were tried. */
  readonly ways: { readonly all: number; readonly tried: number }
  /** What root can mend of it. */
  readonly fixes: readonly ProposedFix[]
}

/** A script to be read and run as root, and the hosts that need it. */
export interface ProposedFix {
  readonly hosts: readonly HostKey[]
  readonly script: string
  /** It was run on all of them. */
  readonly done: boolean
}

export interface CheckedHost {
  readonly host: HostKey
  readonly reachable: boolean
  /** How it is reached, with the source of each value. */
  readonly ssh: Reach['values']
  /** What of the SSH configuration was left out, in sentences. */
  readonly notes: Reach['notes']
  /** What concerns the whole cluster stands with the coordinator. */
  readonly problems: readonly Problem[]
}
