import { setMaxListeners } from 'node:events'

/** Calls `act` when the signal aborts, at once when it has. Returns what takes that back. */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  if (signal.aborted) {
    act()
    return () => {}
  }
  // One signal ends the work on all hosts: many listeners are no leak here.
  setMaxListeners(0, signal)
  signal.addEventListener('abort', act, { once: true })
  return () => signal.removeEventListener('abort', act)
}

/** The first of: the work, or the signal, after which `stop` is called and nobody waits for the work any more. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined, stop: () => void): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, () => {
      stop()
      reject(signal.reason)
    })
    work.then(resolve, reject).finally(release)
  })
}
