import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { loopbackAddress } from './loopback.js'

/** Passes TCP connections on to an address, until it is told to swallow everything. */
export interface Relay extends AsyncDisposable {
  readonly address: string
  readonly port: number
  /** From now on no byte passes, and nobody is told: a cable that was pulled. */
  swallow(): void
}

export async function startRelay(to: { readonly address: string; readonly port: number }): Promise<Relay> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    const far = connect(to.port, to.address)
    for (const [from, into] of [
      [socket, far],
      [far, socket],
    ] as const) {
      from.on('data', (chunk) => into.write(chunk))
      from.on('error', () => {})
      from.on('close', () => into.destroy())
      sockets.push(from)
    }
  })
  const address = loopbackAddress()
  server.listen(0, address)
  await once(server, 'listening')
  return {
    address,
    port: (server.address() as AddressInfo).port,
    swallow: () => {
      for (const socket of sockets) socket.removeAllListeners('data').resume()
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
