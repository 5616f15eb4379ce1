/** Chance that can be replayed: the same seed gives the same numbers. */
export interface Chance {
  /** In [0, 1). */
  next(): number
  /** From `from` up to, but not including, `to`. */
  between(from: number, to: number): number
  /** A whole number; both ends included. */
  whole(from: number, to: number): number
  pick<T>(list: readonly T[]): T
  happens(probability: number): boolean
}

/** Mulberry32. */
export function createChance(seed: number): Chance {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const between = (from: number, to: number): number => from + next() * (to - from)
  const whole = (from: number, to: number): number => Math.floor(between(from, to + 1))
  return {
    next,
    between,
    whole,
    pick: <T>(list: readonly T[]) => list[whole(0, list.length - 1)] as T,
    happens: (probability) => next() < probability,
  }
}
