import type { Access, HostKey, RunAs, Transport } from '../cluster/cluster.js'
import type { Reach } from '../cluster/reach.js'
import type { World } from '../world.js'
import { type Ask, createAsker } from './asking.js'
import { createResolver } from './config.js'
import type { Connection } from './connection.js'
import { describeReach } from './describe-reach.js'
import { assertPermitted, DialError } from './dial.js'
import { ConnectionError } from './errors.js'
import { createHostKeyStore } from './host-key-store.js'
import { createIdentityStore } from './identities.js'
import { createJumps } from './jumps.js'
import type { HostKeyPins } from './known-hosts.js'
import type { Link } from './link.js'
import { linkConnection } from './link-connection.js'
import { keepLink } from './link-keeper.js'
import type { Networks } from './networks.js'
import { openLink } from './open-link.js'
import { createPassphrases } from './passphrases.js'
import { createPasswords } from './passwords.js'
import type { RunAsOptions } from './run-as.js'
import { createRunAsPasswords } from './run-as-passwords.js'
import { packagedScripts, type ScriptSource } from './scripts.js'
import { createSlots, createSlotsByName } from './slots.js'
import type { Target } from './target.js'
import { chooseTransport } from './transport.js'
import type { LinkContext } from './way.js'

/** What connecting depends on; everything but the world has a default. */
export interface SshOptions {
  readonly world: World
  /** The environment of the process: `SSH_AUTH_SOCK`, and `${NAME}` in paths of the SSH configuration. Default: empty. */
  readonly variables?: Readonly<Record<string, string | undefined>>
  /** Read this SSH configuration instead of the user's and the system's (ssh's `-F`). */
  readonly configFile?: string
  /** Networks that alone may be dialled (TRUENO_DEPLOY_ONLY, by `parseNetworks`). Default: null, all. */
  readonly only?: Networks | null
  /** Asks for passphrases and passwords. Default: null, nobody is there to be asked. */
  readonly ask?: Ask | null
  /** The password to log in with where a host wants one. Default: null, it is asked for. */
  readonly password?: string | null
  /** Keys of hosts pinned by `trueno-deploy trust`, and the file they are from. */
  readonly pins?: { readonly keys: HostKeyPins; readonly file: string }
  /** For all hosts, whatever the inventory wants. Default: what it wants for each. */
  readonly transport?: Transport
  /** Default: those of `remote/` in this package. */
  readonly scripts?: ScriptSource
  /** Most that a host may take to let us in, milliseconds. Default: 10 s. */
  readonly connectTimeoutMs?: number
  /** Most of that until it says that it is an SSH server, milliseconds. Default: all of it. */
  readonly answerTimeoutMs?: number
  /** Told for each command: what was run on which host, and milliseconds. */
  readonly onCommand?: (host: HostKey, command: string, ms: number) => void
  /** Told how a host is about to be reached, before that is tried. */
  readonly onReaching?: (host: HostKey, reach: Reach) => void
  /** Told when a host is reached by OpenSSH since ssh2 cannot do what is asked, and what that is. */
  readonly onOpenSsh?: (host: HostKey, reason: string) => void
  /** Told what the user has to do for a login that is no question: a key in a device waits to be touched. */
  readonly onWaiting?: (host: HostKey, message: string) => void
  /** Told when a connection is lost, before another is made. */
  readonly onLost?: (host: HostKey, message: string) => void
}

export interface HostAccess {
  readonly key: HostKey
  readonly access: Access
}

export interface OpenOptions {
  /** Hosts that are connected to at once. Default: 64. */
  readonly parallel?: number
  readonly signal?: AbortSignal
}

/** All connections of one run: they share keys, passphrases, known hosts and the links to jump hosts. */
export interface Ssh extends AsyncDisposable {
  /** These keys are known from now on, as if they had been pinned before. */
  pin(keys: HostKeyPins): void
  /** How ssh would reach a host. @throws UsageError when the SSH configuration is wrong. */
  resolve(access: Access): Promise<Target>
  /**
   * Logs in to a host, and does everything there as `runAs`. The connection is made again by itself when it is lost.
   * @throws ConnectionError
   */
  connect(host: HostKey, target: Target, options?: ConnectOptions): Promise<Connection>
  /**
   * Resolves and connects many, side by side; every host has an answer, and none hides another's.
   * @throws the signal's reason when it aborts; UsageError when the SSH configuration is wrong. What was open is closed.
   */
  openConnections(hosts: readonly HostAccess[], options?: OpenOptions): Promise<ReadonlyMap<HostKey, Opened>>
}

export interface ConnectOptions {
  readonly runAs?: RunAs | undefined
  readonly signal?: AbortSignal | undefined
}

export type Opened = Connection | ConnectionError

/** Unauthenticated connections to one sshd at once; its usual MaxStartups begins to drop at 10. */
const mostLogins = 8

/** The door to hosts. Disposing it closes what is left: links to jump hosts. */
export function createSsh(options: SshOptions): Ssh {
  const { only = null, configFile, variables = {} } = options
  const resolve = createResolver({ variables, offline: only !== null, ...(configFile !== undefined && { configFile }) })
  const jumps = createJumps((jump, signal) => openLink(jump.name, jump, context, { signal }))
  const context = linkContext(options, jumps.link)
  const connect = (host: HostKey, target: Target, given: ConnectOptions = {}) =>
    connectOne(host, target, context, options, given)
  return {
    pin: (keys) => context.hostKeys.pin(keys),
    resolve,
    connect,
    openConnections: (hosts, given = {}) =>
      connectAll(hosts, given, async ({ key, access }, signal) =>
        connect(key, await resolve(access), { signal, runAs: access.runAs }),
      ),
    [Symbol.asyncDispose]: () => jumps.close(),
  }
}

function linkContext(
  {
    world,
    only = null,
    ask = null,
    password = null,
    pins,
    connectTimeoutMs = 10_000,
    answerTimeoutMs = connectTimeoutMs,
    onOpenSsh,
    onWaiting,
  }: SshOptions,
  jump: LinkContext['jump'],
): LinkContext {
  const asker = createAsker(ask, world)
  const passphrases = createPassphrases(asker.ask)
  return {
    world,
    only,
    asker,
    identities: createIdentityStore(asker.ask === null ? null : passphrases),
    passphrases,
    passwords: createPasswords({ ask: asker.ask, given: password }),
    runAsPasswords: createRunAsPasswords({ ask: asker.ask, given: password }),
    hostKeys: createHostKeyStore(pins === undefined ? {} : { pins }),
    connectTimeoutMs,
    answerTimeoutMs,
    tell: (host, message) => onWaiting?.(host, message),
    logins: createSlotsByName(mostLogins),
    jump,
    onBeyond: (host, reason) => onOpenSsh?.(host, reason),
  }
}

const packaged = packagedScripts()

async function connectOne(
  host: HostKey,
  target: Target,
  context: LinkContext,
  { scripts = packaged, transport = target.transport, onCommand, onReaching, onOpenSsh, onLost }: SshOptions,
  { runAs, signal }: ConnectOptions,
): Promise<Connection> {
  const { world, only } = context
  const chosen = chooseTransport(target, transport, context)
  onReaching?.(host, describeReach(target, chosen, runAs?.user))
  if (chosen.reason !== null) onOpenSsh?.(host, chosen.reason)
  const logIn = (until?: AbortSignal) => openLink(host, target, context, { transport, signal: until })
  const open = async (until?: AbortSignal): Promise<Link> =>
    runAs === undefined
      ? logIn(until)
      : become(await logIn(until), { host, login: target.user, runAs, context, signal: until })
  const keeper = keepLink(await open(signal), { host, world, open, onLost: (message) => onLost?.(host, message) })
  return linkConnection(keeper, {
    host,
    world,
    scripts,
    beginLimitMs: 3 * context.connectTimeoutMs,
    assertPermitted: (address) => permit(host, address, only),
    onCommand: (command, ms) => onCommand?.(host, command, ms),
  })
}

/** The link is of no use where that is not possible. */
async function become(link: Link, options: RunAsOptions): Promise<Link> {
  try {
    const { becomeOn } = await import('./run-as.js')
    return await becomeOn(link, options)
  } catch (error) {
    await link.close()
    throw error
  }
}

function permit(host: HostKey, address: string, only: Networks | null): void {
  try {
    assertPermitted(address, only)
  } catch (error) {
    throw error instanceof DialError ? new ConnectionError(error.fault, host, { cause: error.message }) : error
  }
}

async function connectAll(
  hosts: readonly HostAccess[],
  { parallel = 64, signal }: OpenOptions,
  connect: (host: HostAccess, signal?: AbortSignal) => Promise<Connection>,
): Promise<ReadonlyMap<HostKey, Opened>> {
  const slots = createSlots(parallel)
  const outcomes = await Promise.allSettled(
    hosts.map((host) => slots.use(() => orConnectionError(connect(host, signal)))),
  )
  const failure = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failure !== undefined || signal?.aborted) {
    await Promise.all(outcomes.map(closeOutcome))
    throw signal?.aborted ? signal.reason : failure?.reason
  }
  return new Map(
    outcomes.flatMap((outcome, index) =>
      outcome.status === 'fulfilled' ? [[hosts[index]?.key ?? '', outcome.value]] : [],
    ),
  )
}

function orConnectionError(connecting: Promise<Connection>): Promise<Opened> {
  return connecting.catch((error) => {
    if (error instanceof ConnectionError) return error
    throw error
  })
}

async function closeOutcome(outcome: PromiseSettledResult<Opened>): Promise<void> {
  if (outcome.status === 'fulfilled' && !(outcome.value instanceof ConnectionError))
    await outcome.value[Symbol.asyncDispose]()
}
