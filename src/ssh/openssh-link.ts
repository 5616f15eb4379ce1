import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import type { Duplex } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import type { HostKey } from '../cluster/cluster.js'
import type { World } from '../world.js'
import { childStream, type SpokenWith } from './child-stream.js'
import { TunnelError } from './connection.js'
import { ConnectionError } from './errors.js'
import type { Link, Printed, Session } from './link.js'
import type { Master } from './openssh-master.js'
import { mostSessions, patiently, SessionRefusedError } from './patience.js'
import { createSlots } from './slots.js'

export interface OpenSshLinkOptions {
  readonly world: World
  /** Environment asked of the host for every command. */
  readonly environment: Readonly<Record<string, string>>
  /** The agent is forwarded to every command. */
  readonly forwardAgent: boolean
}

/** A connection that OpenSSH holds as a `Link`: each command and each tunnel is a small ssh over the master's socket. */
export function openSshLink(master: Master, host: HostKey, options: OpenSshLinkOptions): Link {
  const { world } = options
  const slots = createSlots(mostSessions)
  return {
    isOpen: () => master.isOpen(),
    exec: (command, printed) =>
      new Promise((resolve, reject) => {
        // The slot is held until the command has ended, the caller has his session at once.
        const run = async () => {
          const session = await patiently(world, host, () =>
            orLost(master, host, world, () => openSession(master, host, command, printed, options)),
          )
          resolve(session)
          await session.ended.catch(() => {})
        }
        slots.use(run).catch(reject)
      }),
    forward: (address, port) => orLost(master, host, world, () => openTunnel(master, address, port)),
    close: () => master.close(),
  }
}

async function openSession(
  master: Master,
  host: HostKey,
  command: string,
  printed: Printed,
  { world, environment, forwardAgent }: OpenSshLinkOptions,
): Promise<Session> {
  const args = [...(forwardAgent ? ['-A'] : []), '-T', ...setEnvironment(environment), destination, command]
  const user = spawnOver(master, args)
  const { child } = user
  child.stdout.on('data', printed.output)
  child.stderr.on('data', printed.errors)
  child.stdin.on('error', () => {})
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  const refusal = await refusalOf(user, master)
  if (refusal !== null) throw new SessionRefusedError(refusal.why ?? refusal.said)
  const ended = closed.then(async (code) => {
    if (code !== sshFailed && code !== null) return code
    // ssh says the same of a command that was ended by a signal.
    if (code === null || (await isGone(master, world))) throw lost(master, host)
    return null
  })
  ended.catch(() => {})
  return { input: child.stdin, ended, close: () => child.kill() }
}

async function openTunnel(master: Master, address: string, port: number): Promise<Duplex> {
  const to = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  const user = spawnOver(master, ['-W', to, destination])
  user.child.stderr.resume()
  const stream = childStream(user.child, async () => undefined)
  const refusal = await refusalOf(user, master)
  if (refusal === null) return stream
  throw new TunnelError(refusal.why ?? withoutReason, refusal.why?.startsWith(prohibited))
}

/** ssh's words for reason 1 of RFC 4254, 5.1. */
const prohibited = 'administratively prohibited'
const withoutReason = 'the host does not open it, and the ssh of this machine does not tell why'

/** Whatever fails because the master has gone, or is just going, means that the connection is lost. */
async function orLost<T>(master: Master, host: HostKey, world: World, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw (await isGone(master, world)) ? lost(master, host) : error
  }
}

/** How ssh ends for reasons of its own. */
const sshFailed = 255

/** Any name will do: the connection is the master's. */
const destination = 'host'

/** An ssh that uses the master, and a file with what it says itself. */
interface MasterUser {
  readonly child: SpokenWith
  readonly log: string
}

/** It uses the master or fails: it never makes a connection of its own. */
function spawnOver(master: Master, args: readonly string[]): MasterUser {
  const log = join(dirname(master.socket), randomUUID())
  writeFileSync(log, '')
  const own = ['-F', 'none', '-S', master.socket, '-o', 'ProxyCommand=false', '-o', 'LogLevel=DEBUG1', '-E', log]
  return { child: spawn('ssh', [...own, ...args], { stdio: ['pipe', 'pipe', 'pipe'], detached: true }), log }
}

/** The master lets through what its SendEnv names, and adds itself what its SetEnv says. */
function setEnvironment(environment: Readonly<Record<string, string>>): readonly string[] {
  const words = Object.entries(environment).map(([name, value]) => `"${name}=${value.replace(/["\\]/g, '\\$&')}"`)
  return words.length === 0 ? [] : ['-o', `SetEnv=${words.join(' ')}`]
}

interface ChannelRefusal {
  /** What the ssh that asked for it said last. */
  readonly said: string
  /** The host's reason, where the master tells it. */
  readonly why: string | undefined
}

/** Null when the master has opened what was asked for. */
async function refusalOf(user: MasterUser, master: Master): Promise<ChannelRefusal | null> {
  const said = await untilOpened(user)
  if (said === null) return null
  // The master has told it before; what is still to be read of that comes now.
  await setImmediate()
  return { said, why: byPeer.test(said) ? master.nextRefusal() : undefined }
}

const byPeer = /refused by peer/

/** Null when the master has opened what was asked for; else what ssh said before it ended. */
async function untilOpened({ child, log }: MasterUser): Promise<string | null> {
  const over = new AbortController()
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', () => resolve(lastLine(readLog(log))))
      const look = () => isOpened(log) && resolve(null)
      watch(log, { signal: over.signal }, look)
      look()
    })
  } finally {
    over.abort()
    rmSync(log, { force: true })
  }
}

function isOpened(log: string): boolean {
  return readLog(log).includes('master session id')
}

// The master takes its directory with it.
function readLog(log: string): string {
  try {
    return readFileSync(log, 'utf8')
  } catch {
    return ''
  }
}

function lastLine(said: string): string {
  return (
    said
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('debug'))
      .at(-1)
      ?.trim() ?? ''
  )
}

const farewellMs = 300

/** Whether the master has gone, or is just going: on a busy machine its end is told of long after its socket is dead. */
async function isGone(master: Master, world: World): Promise<boolean> {
  const over = new AbortController()
  await Promise.race([master.closed, world.sleep(farewellMs, over.signal).catch(() => {})])
  over.abort('finished')
  return !master.isOpen() || !(await listens(master.socket))
}

function listens(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket, () => {
      connection.destroy()
      resolve(true)
    })
    connection.once('error', () => resolve(false))
  })
}

function lost(master: Master, host: HostKey): ConnectionError {
  const cause = `The SSH connection to the host ended: ${master.said().split('\n').at(-1) || 'ssh does not say why'}`
  return new ConnectionError('lost', host, { cause })
}
