import type { Duplex } from 'node:stream'
import type { Client, ClientChannel } from 'ssh2'
import type { HostKey } from '../cluster/cluster.js'
import type { World } from '../world.js'
import { TunnelError } from './connection.js'
import { ConnectionError } from './errors.js'
import type { Link, Printed, Session } from './link.js'
import { mostSessions, patiently, SessionRefusedError } from './patience.js'
import { createSlots } from './slots.js'
import { plainText, shorten } from './text.js'

export interface Ssh2LinkOptions {
  readonly world: World
  /** Environment asked of the host for every command. */
  readonly environment: Readonly<Record<string, string>>
}

/** A logged-in ssh2 client as a `Link`. */
export function ssh2Link(client: Client, host: HostKey, { world, environment }: Ssh2LinkOptions): Link {
  const state = watch(client, host)
  const slots = createSlots(mostSessions)
  return {
    isOpen: () => state.open,
    exec: (command, printed) =>
      new Promise((resolve, reject) => {
        // The slot is held until the command has ended, the caller has his session at once.
        const run = async () => {
          const session = await patiently(world, host, () => openSession(client, state, command, environment, printed))
          resolve(session)
          await session.ended.catch(() => {})
        }
        slots.use(run).catch(reject)
      }),
    forward: (address, port) => openTunnel(client, state, address, port),
    close: () => closeClient(client, state, world),
  }
}

interface ClientState {
  readonly open: boolean
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>
  lost(): ConnectionError
}

function watch(client: Client, host: HostKey): ClientState {
  let open = true
  let reason = 'the host closed the connection'
  client.on('error', (error) => {
    reason = messageOf(error)
  })
  const closed = new Promise<void>((resolve) => {
    client.once('close', () => {
      open = false
      resolve()
    })
  })
  return {
    get open() {
      return open
    },
    closed,
    lost: () => new ConnectionError('lost', host, { cause: `The SSH connection to the host ended: ${reason}` }),
  }
}

function openSession(
  client: Client,
  state: ClientState,
  command: string,
  environment: Readonly<Record<string, string>>,
  printed: Printed,
): Promise<Session> {
  return new Promise((resolve, reject) => {
    const opened = (error: Error | undefined, channel: ClientChannel): void => {
      if (error === undefined) resolve(sessionOf(channel, state, printed))
      else reject(state.open ? new SessionRefusedError(messageOf(error)) : state.lost())
    }
    unlessClosed(state, reject, () => client.exec(command, { env: { ...environment } }, opened))
  })
}

function sessionOf(channel: ClientChannel, state: ClientState, printed: Printed): Session {
  let code: number | null | undefined
  channel.on('exit', (status: number | null) => {
    code = status
  })
  channel.on('data', printed.output)
  channel.stderr.on('data', printed.errors)
  // A channel that goes while we write is told by `ended`.
  channel.on('error', () => {})
  const ends = [channel, channel.stderr].map((stream) => new Promise((resolve) => stream.once('close', resolve)))
  const ended = Promise.all(ends).then(() => {
    if (code === undefined) throw state.lost()
    return code
  })
  ended.catch(() => {})
  return { input: channel, ended, close: () => channel.close() }
}

/** RFC 4254, 5.1. */
const administrativelyProhibited = 1

function openTunnel(client: Client, state: ClientState, address: string, port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const opened = (error: (Error & { reason?: unknown }) | undefined, channel: ClientChannel): void => {
      if (error !== undefined)
        reject(
          state.open ? new TunnelError(messageOf(error), error.reason === administrativelyProhibited) : state.lost(),
        )
      else resolve(channel.on('error', () => {}))
    }
    unlessClosed(state, reject, () => client.forwardOut('127.0.0.1', 0, address, port, opened))
  })
}

/** The host may put anything into its reasons. */
function messageOf(error: Error): string {
  return shorten(plainText(error.message), 500)
}

// ssh2 throws where the socket is already at its end.
function unlessClosed(state: ClientState, reject: (error: Error) => void, open: () => void): void {
  try {
    open()
  } catch {
    reject(state.lost())
  }
}

const farewellMs = 1000

async function closeClient(client: Client, state: ClientState, world: World): Promise<void> {
  if (!state.open) return
  const over = new AbortController()
  client.end()
  // A host that does not answer the farewell is left without.
  world.sleep(farewellMs, over.signal).then(
    () => client.destroy(),
    () => {},
  )
  await state.closed
  over.abort('finished')
}
