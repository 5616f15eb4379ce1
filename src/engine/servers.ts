import type { HostKey } from '../cluster/cluster.js'
import type { Client, Serving } from './board.js'
import { connectionOf, type Engine } from './engine.js'
import { type Relay, startRelay } from './relay.js'

/** The relays of a phase: one on each host that others get something from, begun when it is needed first. */
export interface Servers extends Serving {
  /** Takes one of its places; null: it cannot serve, which is known then. */
  use(holder: Client): Promise<Used | null>
  /** Its Node may have arrived: what kept it from serving may do so no more. */
  tryAgain(host: HostKey): void
  /** Nobody needs this of it any more. */
  drop(holder: Client): void
  /** Something was kept on it to be passed on. */
  kept(holder: Client): void
  /** Ends them; nothing that was kept is left where the hosts can be reached. */
  close(): Promise<void>
}

export interface Used {
  readonly relay: Relay
  /** Gives the place back; once is enough. */
  done(): void
}

interface Server {
  readonly holder: Client
  relay: Promise<Relay | string> | null
  why: string | null
  busy: number
}

interface ServersOptions {
  readonly cluster: string
  /** Told when one can serve more, or less, than before. */
  readonly changed: () => void
  /** Whether a host is still getting its Node. */
  readonly awaitsNode: (host: HostKey) => boolean
}

export function createServers(engine: Engine, { cluster, changed, awaitsNode }: ServersOptions): Servers {
  const servers = new Map<HostKey, Server>()
  const serverOf = (holder: Client): Server => {
    const server = servers.get(holder.host) ?? { holder, relay: null, why: null, busy: 0 }
    servers.set(holder.host, server)
    return server
  }
  const relayOf = (server: Server): Promise<Relay | string> => {
    const { host, home, peers } = server.holder
    server.relay ??= startRelay(engine, { host, home, cluster, address: peers?.address ?? host })
    return server.relay
  }
  return {
    unusable: (host) => (awaitsNode(host) ? null : (servers.get(host)?.why ?? null)),
    busy: (host) => {
      const { why = null, busy = 0 } = servers.get(host) ?? {}
      return why !== null && awaitsNode(host) ? Number.POSITIVE_INFINITY : busy
    },
    kept: serverOf,
    use: async (holder) => {
      const server = serverOf(holder)
      let isUsed = true
      const done = (): void => {
        if (!isUsed) return
        isUsed = false
        server.busy -= 1
        changed()
      }
      server.busy += 1
      const relay = await relayOf(server)
      if (typeof relay !== 'string') return { relay, done }
      server.why = `${holder.host} cannot pass it on: ${relay}`
      done()
      return null
    },
    tryAgain: (host) => {
      const server = servers.get(host)
      if (server === undefined || server.why === null) return
      Object.assign(server, { relay: null, why: null })
      changed()
    },
    drop: ({ host, wire }) => {
      servers.get(host)?.relay?.then((relay) => typeof relay === 'string' || relay.drop(wire), ignore)
    },
    close: async () => {
      await Promise.all([...servers.values()].map((server) => end(server, engine, cluster)))
    },
  }
}

const ignore = (): void => undefined

async function end({ holder, relay }: Server, engine: Engine, cluster: string): Promise<void> {
  const running = await relay
  const left = running === null || typeof running === 'string' || !(await running.close())
  if (!left || engine.signal.aborted) return
  const { host, home } = holder
  const args = [String(engine.token), home, cluster, 'clear']
  // What cannot be removed now is removed by the next run.
  await connectionOf(engine, host).run('relay', args, { signal: engine.signal }).catch(ignore)
}
