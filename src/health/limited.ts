import type { World } from '../world.js'
import type { NoAnswer } from './probes.js'

/** Why there is no answer, on its way to become a `NoAnswer`. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
  readonly reason: NoAnswer['reason']
  constructor(reason: NoAnswer['reason'], detail: string) {
    super(detail)
    this.reason = reason
  }
}

export interface Limit {
  readonly world: World
  /** Milliseconds. */
  readonly ms: number
  readonly signal: AbortSignal
}

/**
 * Lets a question take so long and no longer. What asks is told by its signal when it is not wanted any more, whatever
 * the reason. Rejects only with the reason of the caller's signal.
 */
export async function limited<T>(limit: Limit, ask: (over: AbortSignal) => Promise<T>): Promise<T | NoAnswer> {
  limit.signal.throwIfAborted()
  const done = new AbortController()
  const over = AbortSignal.any([limit.signal, done.signal])
  try {
    return await Promise.race([ask(over), timeUp(limit, over)])
  } catch (error) {
    limit.signal.throwIfAborted()
    return noAnswer(error)
  } finally {
    done.abort()
  }
}

async function timeUp({ world, ms }: Limit, over: AbortSignal): Promise<never> {
  await world.sleep(ms, over)
  throw new NoAnswerError('timeout', `no answer within ${ms / 1000} s`)
}

function noAnswer(error: unknown): NoAnswer {
  if (error instanceof NoAnswerError) return { ok: false, reason: error.reason, detail: error.message }
  return { ok: false, reason: 'unexpected', detail: error instanceof Error ? error.message : String(error) }
}
