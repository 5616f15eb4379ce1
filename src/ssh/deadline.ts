import type { World } from '../world.js'
import type { Asker } from './asking.js'

/**
 * `work`, unless it takes longer than `ms()` milliseconds, asked for again when they are over, while no question is open
 * to the user: then `late()` is thrown, and the signal given to the work aborts with it. It also aborts when `signal` does.
 */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  options: {
    readonly world: World
    readonly asker: Asker
    readonly ms: () => number
    readonly signal?: AbortSignal | undefined
  },
  late: () => Error,
): Promise<T> {
  const over = new AbortController()
  const expired = new AbortController()
  const signals = [expired.signal, ...(options.signal === undefined ? [] : [options.signal])]
  expire(options, over.signal).then((isLate) => isLate && expired.abort(late()))
  try {
    return await work(AbortSignal.any(signals))
  } finally {
    over.abort('finished')
  }
}

async function expire(
  { world, asker, ms }: { readonly world: World; readonly asker: Asker; readonly ms: () => number },
  over: AbortSignal,
): Promise<boolean> {
  const start = world.now()
  while (!over.aborted) {
    const left = Math.max(start, asker.idleSince()) + ms() - world.now()
    if (left <= 0) return true
    // The second one lets in what came while this process was busy with something else.
    await world
      .sleep(left, over)
      .then(() => world.sleep(0, over))
      .catch(() => {})
  }
  return false
}
