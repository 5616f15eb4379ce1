import { randomInt } from 'node:crypto'
import { type AddressInfo, createServer } from 'node:net'

/** An address of 127.0.0.0/8 that nobody else is likely to use: every one of them is this machine. */
export function loopbackAddress(): string {
  return `127.${randomInt(64, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`
}

/** A TCP port that is free at `address` now. */
export async function freePort(address: string): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, address, resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
