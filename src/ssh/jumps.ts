import type { Link } from './link.js'
import type { Target } from './target.js'

/** Links to jump hosts: one for each, however many hosts lie behind it. */
export interface Jumps {
  link(jump: Target): Promise<Link>
  /** Also gives up what is not open yet. */
  close(): Promise<void>
}

export function createJumps(open: (jump: Target, signal: AbortSignal) => Promise<Link>): Jumps {
  const links = new Map<string, Promise<Link>>()
  const closing = new AbortController()
  const openNew = (key: string, jump: Target): Promise<Link> => {
    const opening = open(jump, closing.signal)
    links.set(key, opening)
    return opening
  }
  return {
    link: async (jump) => {
      const key = [...jump.jumps, jump].map(({ user, hostname, port }) => JSON.stringify([user, hostname, port])).join()
      const known = links.get(key)
      // One that could not be made, or is gone, is made anew, by the first who finds it so.
      const link = await known?.catch(() => null)
      if (link?.isOpen()) return link
      return links.get(key) === known ? openNew(key, jump) : (links.get(key) as Promise<Link>)
    },
    close: async () => {
      closing.abort(new Error('the connections of this run are closed'))
      await Promise.allSettled([...links.values()].map(async (opening) => (await opening).close()))
      links.clear()
    },
  }
}
