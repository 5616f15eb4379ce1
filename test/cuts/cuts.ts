import { type Chance, createChance } from '../sim/chance.js'

/** Where the connections of a run are cut. */
export interface Cut {
  /** Phase of `up` that has begun; of a run that has not come to it, nothing is cut. */
  readonly phase: string
  /** Index of the host whose bytes are counted. */
  readonly host: number
  /** Bytes of that host, both ways together, from the beginning of the phase, or from the cut before in the same. */
  readonly bytes: number
  /** All connections of the run, or those of that host only. */
  readonly all: boolean
  /** Connections made afterwards that are dropped at once; infinite: all, until the run has ended. */
  readonly refused: number
}

/** The phases of `up`, about how many bytes a host's connection carries in each, and the host that has all the work in it. */
const phases: readonly { readonly phase: string; readonly most: number; readonly host?: number }[] = [
  { phase: 'connect', most: 4_000 },
  { phase: 'check', most: 80_000 },
  { phase: 'stage', most: 200_000 },
  { phase: 'configure', most: 60_000 },
  { phase: 'startCoordinator', most: 50_000, host: 0 },
  { phase: 'startOthers', most: 50_000, host: 1 },
  { phase: 'awaitReady', most: 20_000 },
  { phase: 'balance', most: 60_000, host: 0 },
  { phase: 'verify', most: 10_000 },
]

/** The cuts of a seed in an `up` of two hosts, in order; the same for the same seed. */
export function cutsOf(seed: number): readonly Cut[] {
  const chance = createChance(seed)
  const chosen = Array.from({ length: chance.whole(2, 5) }, () => chance.whole(0, phases.length - 1))
  return chosen.sort((a, b) => a - b).map((index) => cutIn(phases[index] as (typeof phases)[number], chance))
}

function cutIn({ phase, most, host }: (typeof phases)[number], chance: Chance): Cut {
  const either = chance.whole(0, 1)
  return {
    phase,
    host: host ?? either,
    // More of them early: what a step begins with is short.
    bytes: Math.ceil(most * chance.next() ** 2) + 1,
    all: chance.happens(0.5),
    refused: refusedOf(chance.next(), chance.whole(1, 12)),
  }
}

function refusedOf(kind: number, some: number): number {
  if (kind < 0.1) return Number.POSITIVE_INFINITY
  return kind < 0.4 ? some : 0
}

export function describeCut({ phase, host, bytes, all, refused }: Cut): string {
  const then = refused === 0 ? '' : refused === Number.POSITIVE_INFINITY ? ', gone' : `, ${refused} refused`
  return `${phase}+${bytes}B of ${all ? `${host}, all` : host}${then}`
}
