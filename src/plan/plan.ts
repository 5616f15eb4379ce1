import type { HostKey, Sha256 } from '../cluster/cluster.js'
import type { ClusterId } from '../cluster/receipt.js'
import type { Problem } from '../errors.js'
import type { Gate } from '../trueno/gates.js'

/** What will be done, as data: phases in order; in a phase hosts side by side; on a host steps in order. */
export interface Plan {
  readonly version: 1
  readonly workflow: 'up' | 'down'
  readonly cluster: {
    readonly id: ClusterId
    readonly name: string
    readonly coordinator: HostKey
    readonly hosts: readonly HostKey[]
  }
  /** Null for workflows that need none. */
  readonly release: { readonly id: Sha256; readonly label: string } | null
  /** Hash of what was wanted. */
  readonly inputs: Sha256
  /** Hash of what was found and mattered. */
  readonly facts: Sha256
  readonly phases: readonly Phase[]
  /** What all fetch steps send, told before anything is sent. */
  readonly sends: Sends
  /** Hosts that could not be reached, with the problem of each. */
  readonly unreachable: readonly Problem[]
  /** What the checks found; an `error` keeps the plan from being applied. */
  readonly problems: readonly Problem[]
}

/** What travels to the hosts. */
export interface Sends {
  /** Hosts that get something, with how much. */
  readonly hosts: readonly { readonly host: HostKey; readonly bytes: number }[]
  /** All of that. */
  readonly bytes: number
  /** Each artifact counted once, however many hosts get it. */
  readonly distinctBytes: number
  /** What leaves the laptop: where hosts pass it on, once for each network; nothing of what a mirror has. */
  readonly fromHere: number
  /** False: some were never packed for sending yet, and count unpacked: it will be less. */
  readonly exact: boolean
}

export type PhaseId =
  | 'stage'
  | 'stopOthers'
  | 'stopCoordinator'
  | 'configure'
  | 'startCoordinator'
  | 'startOthers'
  | 'awaitReady'
  | 'balance'
  | 'stopBalancer'
  | 'prune'

export interface Phase {
  readonly id: PhaseId
  readonly title: string
  /** How many hosts at once; waiting takes no slot. */
  readonly parallel: number
  /**
   * `every`: entered only when no host has failed so far, since it cannot succeed without all (the barrier);
   * `each`: hosts that have not failed go on; `success`: left out as soon as one has failed, and nobody misses it.
   */
  readonly needs: 'every' | 'each' | 'success'
  readonly work: readonly HostWork[]
}

export interface HostWork {
  readonly host: HostKey
  readonly steps: readonly Step[]
}

/** Plain JSON; nothing in it can touch a host. */
export type Step = {
  /** Unique on its host within the plan. */
  readonly id: string
  /** For people, in the imperative: `Link release 9f3c2a1`. */
  readonly title: string
  /** Why it is in the plan: `release differs: none → 9f3c2a1`. */
  readonly reason: string
} & (
  | { readonly kind: 'run'; readonly script: WriteScript; readonly args: readonly string[] }
  | {
      readonly kind: 'fetch'
      readonly artifact: Sha256
      readonly name: string
      readonly bytes: number
      readonly home: string
      /** Others want it too: the first of each network gets it from the laptop and passes it on. */
      readonly peers?: Peers
      /** The server that is asked for it first. */
      readonly mirror?: string
    }
  | {
      readonly kind: 'write'
      readonly path: string
      /** What it will hold; `sha256:…` in a plan that is shown or kept, where that may be a secret. */
      readonly content: string
      /** e.g. 0o600 */
      readonly mode: number
      readonly home: string
      /** Its content may hold secrets. */
      readonly secret?: true
    }
  | {
      readonly kind: 'wait'
      readonly gate: Gate
      readonly timeoutMs: number
      /** What may be done once when Trueno has missed that it is ready; empty: nothing. */
      readonly recovery: readonly Recovery[]
    }
)

/** How hosts reach each other. */
export interface Peers {
  /** Where this one is reached by the others. */
  readonly address: string
  /** Hosts with the same are near each other: `192.168.1.0/24`. */
  readonly network: string
}

/** A script that is run only when a wait has come to a certain end. */
export interface Recovery {
  readonly title: string
  readonly script: WriteScript
  readonly args: readonly string[]
}

/** Scripts of `remote/` that only read. */
export type ReadScript = 'facts' | 'evidence' | 'contents' | 'reach'
/** Scripts of `remote/` that change the host. Their first argument, the lease token, is added when they are run. */
export type WriteScript =
  | 'receive'
  | 'relay'
  | 'assemble'
  | 'write'
  | 'activate'
  | 'prune'
  | 'start'
  | 'stop'
  | 'balancer-start'
  | 'balancer-stop'
  | 'lease'
  | 'mend'
