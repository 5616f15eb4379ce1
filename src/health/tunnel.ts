import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { type ReadConnection, TunnelError } from '../ssh/connection.js'
import { NoAnswerError } from './limited.js'

/** Where on a host something is asked. */
export interface Target {
  readonly connection: ReadConnection
  readonly address: string
  readonly port: number
}

/** Opens a tunnel that lasts until the signal, in the shape of a socket. NoAnswerError: the far end or the link refuses. */
export async function openTunnel({ connection, address, port }: Target, over: AbortSignal): Promise<Socket> {
  const tunnel = await connection.tunnel(address, port).catch((error: unknown) => {
    throw refusalOf(error)
  })
  const socket = socketOver(tunnel)
  if (over.aborted) socket.destroy()
  over.addEventListener('abort', () => socket.destroy(), { once: true })
  return socket
}

function refusalOf(error: unknown): NoAnswerError {
  if (error instanceof TunnelError)
    return error.isForbidden
      ? new NoAnswerError('forbidden', error.message)
      : new NoAnswerError('refused', 'connection refused')
  return new NoAnswerError('link', error instanceof Error ? error.message : String(error))
}

/**
 * A stream that HTTP clients take for a socket. It never fails, it only ends: the Elasticsearch client stops listening
 * to its request once an answer begins, and an error of the tunnel after that would end the process.
 */
function socketOver(tunnel: Duplex): Socket {
  const socket: Duplex = new Duplex({
    allowHalfOpen: false,
    read: () => tunnel.resume(),
    write: (bytes, _encoding, written) => tunnel.write(bytes, written),
    final: (ended) => tunnel.end(ended),
    destroy: (_error, destroyed) => {
      tunnel.destroy()
      destroyed(null)
    },
  })
  tunnel.on('data', (bytes: Buffer) => socket.push(bytes) || tunnel.pause())
  tunnel.on('end', () => socket.push(null))
  tunnel.on('error', () => socket.destroy())
  tunnel.on('close', () => tunnel.readableEnded || socket.destroy())
  const asSocket: unknown = Object.assign(socket, Object.fromEntries(socketOptions.map((name) => [name, () => socket])))
  return asSocket as Socket
}

/** What HTTP clients do to a socket; a stream has none of it. */
const socketOptions = ['setTimeout', 'setNoDelay', 'setKeepAlive', 'ref', 'unref'] as const
