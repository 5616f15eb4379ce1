import { randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import type { World } from './world.js'

/** The process's own clock and chance. */
export const systemWorld: World = {
  now: () => Date.now(),
  random: () => Math.random(),
  secret: () => randomBytes(32).toString('hex'),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const stop = (): void => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }, ms)
      if (signal === undefined) return
      // One signal ends the waits of all hosts: many listeners are no leak here.
      setMaxListeners(0, signal)
      signal.addEventListener('abort', stop, { once: true })
    }),
}
