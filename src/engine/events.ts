import type { HostKey } from '../cluster/cluster.js'
import type { Reach } from '../cluster/reach.js'
import type { ExitCode, Problem } from '../errors.js'

/** All that happens in a run, in order. Every output is a fold over these. */
export type Event = { /** Epoch milliseconds. */ readonly time: number } & EventBody

export type EventBody =
  | {
      readonly kind: 'runStarted'
      readonly verb: string
      readonly cluster: string
      readonly hosts: number
      /** What one of them is called; absent: a host. */
      readonly noun?: string
      /** For people: `9f3c2a1 (stand-in)`; null where the verb needs none or it is not known yet. */
      readonly release: string | null
    }
  /** The release became known, or differs from what runStarted said. */
  | { readonly kind: 'releaseKnown'; readonly release: string }
  | {
      readonly kind: 'phaseStarted'
      readonly phase: string
      readonly title: string /** Hosts that take part; parts of a bundle while one is made. */
      readonly hosts: readonly HostKey[]
      /** What one of them is called; absent: a host. */
      readonly noun?: string
    }
  /** A line for the phase as a whole: `2 of 3 ready signals`. Replaces the one before. */
  | { readonly kind: 'phaseProgress'; readonly phase: string; readonly message: string }
  | {
      readonly kind: 'stepStarted'
      readonly phase: string
      readonly host: HostKey
      readonly step: string
      readonly title: string
      /** Only for waits. */
      readonly limitMs?: number
    }
  | {
      readonly kind: 'stepProgress'
      readonly phase: string
      readonly host: HostKey
      readonly step: string
      /** What it does or waits for now; for waits the last line the host logged. */
      readonly message?: string
      /** What has arrived of what is sent to it. */
      readonly bytes?: number
      readonly totalBytes?: number
      /** What of it was there before this run; 0 where it is not said. */
      readonly fromBytes?: number
    }
  | {
      readonly kind: 'stepFinished'
      readonly phase: string
      readonly host: HostKey
      readonly step: string
      /** What proves it: for waits the matching line. */
      readonly evidence?: string
    }
  | {
      readonly kind: 'stepFailed'
      readonly phase: string
      readonly host: HostKey
      readonly step: string
      readonly problem: Problem
    }
  /**
   * What a look at a host that works has found. A `warning`: it is waited on. An `error`: the step will fail with it, as
   * soon as it is known whether more fails on that host.
   */
  | {
      readonly kind: 'finding'
      readonly phase: string
      readonly host: HostKey
      readonly step: string
      readonly problem: Problem
    }
  /** A host of this phase is done with it (all its steps), failed in it, or was left out since an earlier one failed. */
  | {
      readonly kind: 'hostFinished'
      readonly phase: string
      readonly host: HostKey
      readonly outcome: 'done' | 'failed' | 'skipped'
      readonly message?: string
      /** Why it failed. */
      readonly problem?: Problem
    }
  | {
      readonly kind: 'phaseFinished'
      readonly phase: string
      readonly outcome: 'done' | 'failed' | 'skipped'
      /** What it came to, in a few words: `4 hosts`, `nothing to send`. */
      readonly summary: string
    }
  /** A finding outside of any step: warnings, unreachable hosts, failed checks. */
  | { readonly kind: 'problem'; readonly problem: Problem }
  /** A sentence for people. */
  | { readonly kind: 'note'; readonly message: string }
  /** How a host is about to be reached, and where each value of that is from. For people with --verbose. */
  | { readonly kind: 'reaching'; readonly host: HostKey; readonly reach: Reach }
  /** With --verbose: a command sent to a host, without its secrets. */
  | { readonly kind: 'command'; readonly host: HostKey; readonly command: string; readonly ms: number }
  | { readonly kind: 'connectionLost'; readonly host: HostKey; readonly message: string }
  | {
      readonly kind: 'runFinished'
      readonly ok: boolean
      readonly exitCode: ExitCode
      readonly ms: number
      /** Last lines for people: where to connect, what to type next. */
      readonly closing: readonly string[]
    }

export type Emit = (event: EventBody) => void
