import type { Socket } from 'node:net'
import { type ReadConnection, TunnelError } from '../ssh/connection.js'
import { NoAnswerError } from './limited.js'

/** Where on a host something is asked. */
export interface Target {
  readonly connection: ReadConnection
  readonly address: string
  readonly port: number
}

/** What HTTP clients do to a socket; a channel of SSH has none of it. */
const socketOptions = ['setTimeout', 'setNoDelay', 'setKeepAlive', 'ref', 'unref'] as const

/** Opens a tunnel that lasts until the signal and can stand in for a socket. NoAnswerError: the far end or the link refuses. */
export async function openTunnel({ connection, address, port }: Target, over: AbortSignal): Promise<Socket> {
  const stream = await connection.tunnel(address, port).catch((error: unknown) => {
    throw refusalOf(error)
  })
  // A stream that fails with nobody listening would end the process; who reads it hears of it by its end.
  stream.on('error', () => {})
  if (over.aborted) stream.destroy()
  over.addEventListener('abort', () => stream.destroy(), { once: true })
  const asSocket: unknown = Object.assign(stream, Object.fromEntries(socketOptions.map((name) => [name, () => stream])))
  return asSocket as Socket
}

function refusalOf(error: unknown): NoAnswerError {
  if (error instanceof TunnelError) return new NoAnswerError('refused', 'connection refused')
  return new NoAnswerError('link', error instanceof Error ? error.message : String(error))
}
