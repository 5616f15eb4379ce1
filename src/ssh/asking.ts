import type { World } from '../world.js'
import { createSlots } from './slots.js'

/** Asks a person. `secret`: what is typed must not be shown. Rejects, or resolves with nothing, when there is no answer. */
export type Ask = (question: string, options: { readonly secret: boolean }) => Promise<string>

/** One who is asked one thing at a time, whoever asks. */
export interface Asker {
  /** Null where there is nobody to ask. */
  readonly ask: Ask | null
  /** Since when no question is open, by the world's clock: now while one is. A person who types is not a slow host. */
  idleSince(): number
}

export function createAsker(ask: Ask | null, world: World): Asker {
  const turn = createSlots(1)
  let open = 0
  let since = 0
  const asked = async (...question: Parameters<Ask>): Promise<string> => {
    open += 1
    try {
      return await turn.use(() => (ask as Ask)(...question))
    } finally {
      open -= 1
      since = world.now()
    }
  }
  return { ask: ask === null ? null : asked, idleSince: () => (open > 0 ? world.now() : since) }
}
