import { join, resolve } from 'node:path'
import type { Typed } from '../cli/typed.js'
import { isLocal } from '../cluster/addresses.js'
import type { Cluster, HostKey } from '../cluster/cluster.js'
import type { Reach } from '../cluster/reach.js'
import { parseDuration } from '../config/duration.js'
import { loadCluster } from '../config/load.js'
import { parseRate } from '../config/rate.js'
import type { Emit, Event } from '../engine/events.js'
import { errorProblem, UsageError } from '../errors.js'
import { createProbes } from '../health/tunnel-probes.js'
import { type OpenRelease, openRelease } from '../release/open.js'
import type { Ask } from '../ssh/asking.js'
import { createSsh, type Ssh } from '../ssh/connect.js'
import { parseNetworks } from '../ssh/networks.js'
import { systemWorld } from '../system-world.js'
import { choose } from './choice.js'
import type { CommandContext } from './context.js'
import { openFleet } from './fleet.js'
import type { Io } from './io.js'
import { createKnock } from './knock.js'
import { lockFileOf, readLockFile } from './lock-file.js'
import { mirrorOf } from './mirror-account.js'
import { createOwnRuns } from './own-runs.js'
import { packageRoot } from './package-root.js'
import { readSecretLine } from './secret-line.js'
import { suggestFor, type TypedFiles } from './suggest.js'

/** What one run of a verb holds open. Disposing it closes the links to jump hosts. */
export interface Session extends AsyncDisposable {
  readonly cluster: Cluster
  /** Absolute path of `cluster.json`. */
  readonly clusterFile: string
  /** Keys chosen by --hosts and --roles; null: all. */
  readonly chosen: readonly HostKey[] | null
  readonly context: CommandContext
  readonly ssh: Ssh
  /** How hosts are reached, as far as they were tried. */
  readonly reaches: ReadonlyMap<HostKey, Reach>
}

export interface SessionOptions {
  readonly io: Io
  readonly typed: Typed
  /** Path of `cluster.json`, as the user gave it. */
  readonly clusterFile: string
  readonly emit: Emit
  /** All that was told so far. */
  readonly events: readonly Event[]
  /** Asks for passphrases and passwords. */
  readonly ask: Ask | null
  readonly signal: AbortSignal
}

/** Reads the files and makes ready to connect. Contacts nothing. @throws UsageError with all that is wrong in them */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { io, typed, emit, signal } = options
  const cluster = await load(options)
  const chosen = choose(cluster, typed.options)
  const clusterFile = resolve(io.workingDirectory, options.clusterFile)
  const reaches = new Map<HostKey, Reach>()
  const ssh = await sshOf(options, cluster, clusterFile, reaches)
  const context: CommandContext = {
    world: systemWorld,
    emit,
    signal,
    suggest: suggestFor(typedFiles(options)),
    who: io.who,
    runs: createOwnRuns(join(cacheOf(io), 'runs')),
    uploadLimit: rateOf(typed, 'uploadLimit', '--upload-limit'),
    relayLimit: rateOf(typed, 'relayLimit', '--relay-limit'),
    mirror: cluster.mirror === undefined ? null : await mirrorOf(cluster.mirror, io),
    connect: (wanted) => openFleet(wanted, ssh, { parallel: parallelOf(typed), signal }),
    probes: (connection) => createProbes(connection, systemWorld),
    knock: createKnock({
      reaches,
      world: systemWorld,
      only: parseNetworks(io.env.TRUENO_DEPLOY_ONLY),
      // There it is this machine that would answer, or a tunnel that somebody has made.
      leaveOut: (address) => address === 'localhost' || isLocal(address),
    }),
    keepFailure: async (failure) => {
      const { failureKeeper } = await import('./diagnosis/failure-keeper.js')
      return failureKeeper(options)(failure)
    },
  }
  return {
    cluster,
    clusterFile,
    chosen,
    context,
    ssh,
    reaches,
    [Symbol.asyncDispose]: () => ssh[Symbol.asyncDispose](),
  }
}

function typedFiles({ clusterFile, typed, io }: SessionOptions): TypedFiles {
  return { clusterFile, inventory: typed.options.inventory, workingDirectory: io.workingDirectory }
}

/** How many hosts at once. */
export function parallelOf({ options }: Typed): number {
  return options.parallel ?? 64
}

/** The release that option or inventory name; null: what the hosts run already. */
export async function releaseOf({ cluster, context }: Session, io: Io): Promise<OpenRelease | null> {
  if (cluster.release === undefined) return null
  return openRelease(cluster.release, {
    cacheDirectory: cacheOf(io),
    packageRoot,
    signal: context.signal,
  })
}

/** Where what need not be made or fetched twice is kept on this machine. */
export function cacheOf({ env, homeDirectory }: Io): string {
  return join(env.XDG_CACHE_HOME || join(homeDirectory, '.cache'), 'trueno-deploy')
}

function load({ io, typed, clusterFile }: SessionOptions): Promise<Cluster> {
  const { inventory, release, timeoutStart } = typed.options
  return loadCluster({
    clusterFile,
    ...(inventory !== undefined && { inventoryFile: inventory }),
    overrides: {
      ...(release !== undefined && { release }),
      ...(timeoutStart !== undefined && { timeoutStartMs: duration(timeoutStart) }),
    },
    homeDirectory: io.homeDirectory,
    workingDirectory: io.workingDirectory,
  })
}

function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms !== undefined) return ms
  throw wrongUse(`--timeout-start takes a duration such as 90s or 5m, not \`${text}\``)
}

/** Null: no limit. */
function rateOf({ options }: Typed, key: 'uploadLimit' | 'relayLimit', name: string): number | null {
  const text = options[key]
  if (text === undefined) return null
  const rate = parseRate(text)
  if (rate !== undefined) return rate
  throw wrongUse(`${name} takes bytes a second such as 20MB/s or 500kB/s, not \`${text}\``)
}

function wrongUse(cause: string): UsageError {
  const remedy = 'see `trueno-deploy up --help`'
  return new UsageError([errorProblem({ code: 'wrong-use', title: 'wrong use', cause, remedy })])
}

async function sshOf(
  { io, typed, emit, ask, signal }: SessionOptions,
  { timeouts }: Cluster,
  clusterFile: string,
  reaches: Map<HostKey, Reach>,
): Promise<Ssh> {
  const file = lockFileOf(clusterFile)
  const { hostKeys } = await readLockFile(file)
  const fd = typed.options.passwordFd
  const password = fd === undefined ? null : await readSecretLine(fd, '--password-fd', signal)
  const tellNote = once((note) => emit({ kind: 'note', message: `Of the SSH configuration, ${note}.` }))
  return createSsh({
    world: systemWorld,
    variables: io.env,
    only: parseNetworks(io.env.TRUENO_DEPLOY_ONLY),
    ask,
    password,
    pins: { keys: hostKeys, file },
    connectTimeoutMs: timeouts.connect,
    answerTimeoutMs: typed.verb === 'status' ? Math.min(timeouts.status, timeouts.connect) : timeouts.connect,
    onCommand: (host, command, ms) => emit({ kind: 'command', host, command, ms }),
    onReaching: (host, reach) => {
      reaches.set(host, reach)
      for (const note of reach.notes) tellNote(host, note)
      // `check` shows it itself.
      if (typed.verb !== 'check') emit({ kind: 'reaching', host, reach })
    },
    onOpenSsh: once((reason) => emit({ kind: 'note', message: `Reached through the ssh program: ${reason}.` })),
    onWaiting: (host, message) => emit({ kind: 'note', message: `${host}: ${message}` }),
    onLost: (host, message) => emit({ kind: 'connectionLost', host, message }),
  })
}

/** Many hosts share a reason; it is told once. */
function once(tell: (reason: string) => void): (host: HostKey, reason: string) => void {
  const told = new Set<string>()
  return (_host, reason) => {
    if (!told.has(reason)) tell(reason)
    told.add(reason)
  }
}
