import type { HostKey } from './cluster.js'
import type { TriedWay } from './ways.js'

/** What was found around the hosts: nothing that one of them could say of itself. */
export interface Surroundings {
  readonly clocks: ReadonlyMap<HostKey, ClockReading>
  /** Empty: none was tried. */
  readonly ways: readonly TriedWay[]
  /** Ports that this machine itself gets through to, without SSH, by host; empty: none was tried. */
  readonly openPorts: ReadonlyMap<HostKey, readonly number[]>
}

export const unknownSurroundings: Surroundings = { clocks: new Map(), ways: [], openPorts: new Map() }

/** A host's clock against that of this machine. */
export interface ClockReading {
  /** How far it is ahead, milliseconds; negative: behind. */
  readonly aheadMs: number
  /** By so much that may be wrong, either way. */
  readonly marginMs: number
}

/** @param seconds what the host said, in whole seconds; it did so between `asked` and `answered`, milliseconds by the clock of this machine */
export function readClock(
  seconds: number,
  { asked, answered }: { readonly asked: number; readonly answered: number },
): ClockReading {
  const halfSecond = 500
  const halfWay = (answered - asked) / 2
  return { aheadMs: Math.round(seconds * 1000 + halfSecond - (asked + halfWay)), marginMs: halfSecond + halfWay }
}
