import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { loopbackAddress } from './loopback.js'

/** Passes TCP connections on to an address, until it is told to do worse. */
export interface Relay extends AsyncDisposable {
  readonly address: string
  readonly port: number
  /** Bytes that have passed so far, both ways together. */
  passed(): number
  /** From now on no byte passes, and nobody is told: a cable that was pulled. */
  swallow(): void
  /** Cuts all connections now. */
  cut(): void
  /** Calls back when so many more bytes have passed, both ways together: what comes after them has not. */
  after(bytes: number, act: () => void): void
  /** Drops so many of the next connections as soon as they are made. */
  refuse(connections: number): void
}

export async function startRelay(to: { readonly address: string; readonly port: number }): Promise<Relay> {
  const sockets = new Set<Socket>()
  const limit = createLimit()
  let refused = 0
  const server = createServer((near) => {
    if (refused > 0) {
      refused -= 1
      near.on('error', () => {}).destroy()
    } else join(near, connect(to.port, to.address))
  })
  const join = (near: Socket, far: Socket): void => {
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('data', (chunk: Buffer) => limit.pass(chunk, (part) => into.write(part)))
      from.on('error', () => {})
      from.on('close', () => {
        into.destroy()
        sockets.delete(from)
      })
      sockets.add(from)
    }
  }
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const address = loopbackAddress()
  server.listen(0, address)
  await once(server, 'listening')
  return {
    address,
    port: (server.address() as AddressInfo).port,
    passed: limit.passed,
    swallow: () => {
      for (const socket of sockets) socket.removeAllListeners('data').resume()
    },
    cut,
    after: limit.after,
    refuse: (connections) => {
      refused = connections
    },
    [Symbol.asyncDispose]: async () => {
      cut()
      server.close()
    },
  }
}

/** Counts what passes; where a count is reached, the chunk it falls into passes in part. */
function createLimit() {
  let left = Number.POSITIVE_INFINITY
  let passed = 0
  let reached: () => void = () => {}
  return {
    after: (bytes: number, act: () => void): void => {
      left = bytes
      reached = act
    },
    passed: (): number => passed,
    pass: (chunk: Buffer, on: (part: Buffer) => void): void => {
      passed += Math.min(chunk.length, left)
      const whole = chunk.length < left
      on(whole ? chunk : chunk.subarray(0, left))
      left -= chunk.length
      if (whole) return
      left = Number.POSITIVE_INFINITY
      reached()
    },
  }
}
