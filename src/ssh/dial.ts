import { lookup } from 'node:dns/promises'
import { connect, isIP, type Socket } from 'node:net'
import type { World } from '../world.js'
import { onAbort } from './abort.js'
import type { ConnectionFault } from './connection.js'
import { hostsFileAddresses, type Networks } from './networks.js'

/** What a dial may do, and how long. */
export interface DialOptions {
  readonly world: World
  /** Networks that alone may be dialled, and then no name is looked up but in `/etc/hosts`; null: all. */
  readonly only: Networks | null
  /** Milliseconds for all addresses together, shared out among them; absent: until the signal. */
  readonly timeoutMs?: number
  /** Milliseconds without anything coming or going after which the socket emits `timeout`; absent: never. */
  readonly idleMs?: number
  readonly family?: 'any' | 'inet' | 'inet6'
  /** Local address to connect from. */
  readonly from?: string | null
  readonly signal?: AbortSignal
  /** Asks for the addresses of a name. Default: the resolver of this machine. For tests. */
  readonly lookup?: (name: string) => Promise<readonly string[]>
}

/** A dial that failed: what a `ConnectionError` is made of, before anyone knows for which host. */
export class DialError extends Error {
  override readonly name = 'DialError'
  readonly fault: ConnectionFault
  constructor(fault: ConnectionFault, message: string) {
    super(message)
    this.fault = fault
  }
}

/** The one door to the network: looks a name up and connects to the first address that answers. @throws DialError */
export async function dial(host: string, port: number, options: DialOptions): Promise<Socket> {
  return dialAddresses(await resolveAddresses(host, options), port, options)
}

/** Connects to the first of `addresses` that answers. @throws DialError */
export async function dialAddresses(addresses: readonly string[], port: number, options: DialOptions): Promise<Socket> {
  // A single address is left to the caller's own limit, where there is one.
  const timeoutMs = addresses.length === 1 && options.signal ? undefined : options.timeoutMs
  const share = timeoutMs && timeoutMs / addresses.length
  let failure: unknown
  for (const address of addresses) {
    options.signal?.throwIfAborted()
    try {
      return await connectTo(address, port, share, options)
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

/** The addresses that `host` may be dialled at, never none. No packet leaves when `only` forbids it. @throws DialError */
export async function resolveAddresses(host: string, options: DialOptions): Promise<readonly string[]> {
  const found = options.only === null ? await find(host, options) : permitted(host, options.only)
  const wanted = found.filter((address) => suits(address, options.family ?? 'any'))
  if (wanted.length === 0) throw new DialError('name-not-found', `${host} has no address of the wanted kind`)
  return wanted
}

/** Whether something may be told to dial `host` for us (a jump host, a host's own forwarding). @throws DialError `blocked` */
export function assertPermitted(host: string, only: Networks | null): void {
  if (only !== null) permitted(host, only)
}

function permitted(host: string, only: Networks): readonly string[] {
  const addresses = isIP(host) === 0 ? hostsFileAddresses(host) : [host]
  const allowed = addresses.filter((address) => only.includes(address))
  if (allowed.length === 0) throw new DialError('blocked', blockedMessage(host, addresses, only))
  return allowed
}

function blockedMessage(host: string, addresses: readonly string[], only: Networks): string {
  const what =
    addresses.length === 0 ? `${host} is a name that /etc/hosts does not have` : `${host} is not in ${only.text}`
  return `${what}, and TRUENO_DEPLOY_ONLY=${only.text} allows nothing else; nothing was sent`
}

const lookupTries = 4

async function find(host: string, { world, signal, lookup = askResolver }: DialOptions): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host]
  for (let attempt = 1; ; attempt++) {
    try {
      return await lookup(host)
    } catch (error) {
      const passing = codeOf(error) === 'EAI_AGAIN' && attempt < lookupTries
      if (!passing) throw new DialError('name-not-found', `${host} is not known here: ${messageOf(error)}`)
      await world.sleep(200 * 2 ** attempt * (0.5 + world.random() / 2), signal)
    }
  }
}

async function askResolver(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address)
}

function suits(address: string, family: 'any' | 'inet' | 'inet6'): boolean {
  return family === 'any' || isIP(address) === (family === 'inet' ? 4 : 6)
}

async function connectTo(
  address: string,
  port: number,
  timeoutMs: number | undefined,
  { world, signal, from, idleMs }: DialOptions,
): Promise<Socket> {
  const over = new AbortController()
  const socket = connect({
    host: address,
    port,
    noDelay: true,
    ...(from && { localAddress: from }),
    ...(idleMs && { timeout: idleMs }),
  })
  const release = signal && onAbort(signal, () => socket.destroy(signal.reason))
  const late = () => socket.destroy(new DialError('timed-out', `${address} port ${port} does not answer`))
  if (timeoutMs !== undefined) world.sleep(timeoutMs, over.signal).then(late, () => {})
  try {
    await connected(socket)
    return socket
  } catch (error) {
    throw signal?.aborted ? signal.reason : asDialError(error, address, port)
  } finally {
    over.abort(finished)
    release?.()
  }
}

// A reason of its own spares the making of an error, with its stack, for each connection.
const finished = 'finished'

function connected(socket: Socket): Promise<void> {
  // The error listener stays: a socket that breaks before somebody else listens must not end the process.
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    socket.on('error', reject)
  })
}

const faultOfCode: Readonly<Record<string, ConnectionFault>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timed-out',
  EHOSTUNREACH: 'no-route',
  ENETUNREACH: 'no-route',
  EHOSTDOWN: 'no-route',
  EADDRNOTAVAIL: 'no-route',
}

function asDialError(error: unknown, address: string, port: number): DialError {
  if (error instanceof DialError) return error
  const fault = faultOfCode[codeOf(error)] ?? 'no-route'
  return new DialError(fault, `${address} port ${port}: ${reasons[fault] ?? messageOf(error)}`)
}

const reasons: Readonly<Partial<Record<ConnectionFault, string>>> = {
  refused: 'connection refused',
  'timed-out': 'no answer',
  'no-route': 'no way there from this machine',
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
