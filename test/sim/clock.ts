import { onAbort } from '../../src/ssh/abort.js'
import type { World } from '../../src/world.js'
import type { Chance } from './chance.js'

/** A clock that stands still while anything can run, and then jumps to what comes next. */
export interface Clock {
  /** What the program under test is given. */
  readonly world: World
  /** Milliseconds since the epoch. */
  now(): number
  /** Does something later; the returned function takes it back. */
  after(ms: number, action: () => void): () => void
  /** Says that something is being waited for, in case nothing ever happens again; the returned function ends that. */
  waitsFor(what: string): () => void
  /**
   * Lets time pass until `work` has settled, and settles like it. Rejects when nothing is left that could ever wake it
   * up, or when it takes longer than `limitMs`.
   */
  run<T>(work: Promise<T>, limitMs: number): Promise<T>
}

interface Timer {
  readonly at: number
  /** Orders timers of the same instant. */
  readonly lot: number
  readonly action: () => void
  cancelled: boolean
}

const begin = Date.UTC(2026, 10, 24)

/** Timers of the same instant fire in an order drawn from `chance`. */
export function createClock(chance: Chance): Clock {
  /** Latest first. */
  const timers: Timer[] = []
  const waiting = new Set<{ readonly what: string }>()
  let now = begin

  const after = (ms: number, action: () => void): (() => void) => {
    const timer: Timer = { at: now + Math.max(0, ms), lot: chance.next(), action, cancelled: false }
    timers.splice(placeOf(timer, timers), 0, timer)
    return () => {
      timer.cancelled = true
    }
  }
  const next = (): Timer | undefined => {
    for (;;) {
      const timer = timers.pop()
      if (timer === undefined || !timer.cancelled) return timer
    }
  }
  const waitsFor = (what: string): (() => void) => {
    const entry = { what }
    waiting.add(entry)
    return () => void waiting.delete(entry)
  }
  const stuck = (why: string): Error =>
    new Error(`${why}. Waiting: ${[...waiting].map(({ what }) => what).join('; ') || 'nothing that is known'}`)

  const run = async <T>(work: Promise<T>, limitMs: number): Promise<T> => {
    const until = now + limitMs
    let settled = false
    const settle = (): void => {
      settled = true
    }
    work.then(settle, settle)
    for (;;) {
      await everythingThatCanRun()
      if (settled) return work
      const timer = next()
      if (timer === undefined) throw stuck('Deadlock: nothing is left that could happen')
      if (timer.at > until) throw stuck(`Not over within ${limitMs / 1000} s`)
      now = timer.at
      timer.action()
    }
  }
  const sleep: World['sleep'] = (ms, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const awake = waitsFor(`a sleep of ${ms} ms`)
      const stop = (): void => {
        cancel()
        awake()
        reject(signal?.reason)
      }
      const cancel = after(ms, () => {
        release()
        awake()
        resolve()
      })
      const release = signal === undefined ? () => undefined : onAbort(signal, stop)
    })
  return {
    world: { now: () => now, sleep, random: chance.next, secret: () => secretOf(chance) },
    now: () => now,
    after,
    waitsFor,
    run,
  }
}

function secretOf(chance: Chance): string {
  return Array.from({ length: 64 }, () => chance.whole(0, 15).toString(16)).join('')
}

/** All promises that can settle have settled when the event loop comes round. */
function everythingThatCanRun(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function placeOf(timer: Timer, timers: readonly Timer[]): number {
  let low = 0
  let high = timers.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isLater(timers[middle] as Timer, timer)) low = middle + 1
    else high = middle
  }
  return low
}

function isLater(left: Timer, right: Timer): boolean {
  return left.at === right.at ? left.lot > right.lot : left.at > right.at
}
