import type { HostKey } from '../cluster/cluster.js'
import type { World } from '../world.js'
import { unlessAborted } from './abort.js'
import { ConnectionError, isLost, isPassing } from './errors.js'
import type { Link } from './link.js'

/** One link to a host that is made again when it is lost. */
export interface LinkKeeper {
  /**
   * Does something with the link, and again with a new one when the link was lost meanwhile: `use` must be such that
   * doing it again is right. @throws ConnectionError when that is not possible; the signal's reason when it aborts.
   */
  use<T>(use: (link: Link) => Promise<T>, signal?: AbortSignal): Promise<T>
  close(): Promise<void>
}

export interface LinkKeeperOptions {
  readonly host: HostKey
  readonly world: World
  readonly open: (signal: AbortSignal) => Promise<Link>
  /** Told for each loss, before another link is tried. */
  readonly onLost: (message: string) => void
}

/** Links made for one use, at most; after so many quiet milliseconds the count begins anew. */
const mostReconnects = 3
const quietMs = 60_000

export function keepLink(first: Link, { host, world, open, onLost }: LinkKeeperOptions): LinkKeeper {
  const closing = new AbortController()
  /** Null: closed for good, and let go of. */
  let link: Link | null = first
  let opening: Promise<Link> | null = null
  let toldOf: Link | null = null

  const pause = (attempt: number, signal: AbortSignal): Promise<void> =>
    world.sleep(250 * 2 ** attempt * (0.5 + world.random() / 2), signal)

  const reopen = async (): Promise<Link> => {
    for (let attempt = 1; ; attempt++) {
      await pause(attempt, closing.signal)
      try {
        const fresh = await open(closing.signal)
        link = fresh
        return fresh
      } catch (error) {
        if (!isPassing(error) || attempt >= mostReconnects) throw error
      }
    }
  }

  /** The link, or the one new link for all that need it. */
  const live = async (reason: string): Promise<Link> => {
    if (link?.isOpen()) return link
    if (opening === null) {
      // Once for each link: a host that is asked again and again while it is away has been lost once.
      if (toldOf !== link) onLost(reason)
      toldOf = link
      opening = reopen().finally(() => {
        opening = null
      })
    }
    return opening
  }

  return {
    use: async (use, signal) => {
      const stop = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal])
      let reason = 'the connection ended while nothing went on'
      for (let losses = 0; ; ) {
        const began = world.now()
        try {
          stop.throwIfAborted()
          return await use(await unlessAborted(live(reason), stop, () => {}))
        } catch (error) {
          losses = world.now() - began > quietMs ? 1 : losses + 1
          if (!isLost(error) || stop.aborted || losses > mostReconnects) throw error
          reason = error.problem.cause
          // The link may be alive: what was lost is one command on it.
          if (link?.isOpen()) await pause(losses, stop)
        }
      }
    },
    close: async () => {
      closing.abort(goneError(host))
      await opening?.catch(() => {})
      const last = link
      link = null
      await last?.close()
    },
  }
}

function goneError(host: HostKey): ConnectionError {
  return new ConnectionError('lost', host, { cause: 'The connection was closed by this program' })
}
