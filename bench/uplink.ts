import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

// A process that stands between this machine and its hosts, as its uplink does: what goes out passes at a rate, all
// connections together; what comes back passes as it comes.
//
// usage: uplink.js BYTES-PER-SECOND LISTEN-ADDRESS ADDRESS:PORT...
//   prints the ports it listens at, in that order, then, for each line on standard input, the bytes that went out so far

const [rate = 0, ...rest] = process.argv.slice(2).map((word, index) => (index === 0 ? Number(word) : word))
const [address = '', ...targets] = rest as string[]
/** Waiting less than this is not worth a timer, milliseconds. */
const grain = 4

let passed = 0
let free = 0

const servers = targets.map((target) => createServer((near) => join(near, target)).listen(0, address))
await Promise.all(servers.map((server) => once(server, 'listening')))
process.stdout.write(`${servers.map((server) => (server.address() as AddressInfo).port).join(' ')}\n`)
process.stdin.on('data', () => process.stdout.write(`${passed}\n`)).on('end', () => process.exit(0))

function join(near: Socket, target: string): void {
  const [host, port] = target.split(':')
  const far = connect(Number(port), host)
  for (const [from, into] of [
    [near, far],
    [far, near],
  ] as const) {
    from.on('error', () => undefined).on('close', () => into.destroy())
  }
  far.pipe(near)
  near.on('data', (chunk) => {
    passed += chunk.length
    const isFull = !far.write(chunk)
    const wait = pauseFor(chunk.length)
    if (!isFull && wait < grain) return
    near.pause()
    Promise.all([isFull ? once(far, 'drain') : null, sleep(wait)]).then(
      () => near.resume(),
      () => undefined,
    )
  })
}

function pauseFor(bytes: number): number {
  const now = performance.now()
  free = Math.max(now - 2 * grain, free) + (bytes * 1000) / Number(rate)
  return free - now
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
