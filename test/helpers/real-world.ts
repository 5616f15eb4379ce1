import { setTimeout } from 'node:timers/promises'
import type { World } from '../../src/world.js'

/** The process's own clock and chance, for tests of things that talk to real processes. */
export const realWorld: World = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    try {
      await setTimeout(ms, undefined, { signal })
    } catch {
      signal?.throwIfAborted()
    }
  },
  random: () => Math.random(),
}
