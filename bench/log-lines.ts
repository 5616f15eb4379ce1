import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createSsh } from '../src/ssh/connect.js'
import type { Connection } from '../src/ssh/connection.js'
import { ConnectionError } from '../src/ssh/errors.js'
import { parseNetworks } from '../src/ssh/networks.js'
import { packagedScripts } from '../src/ssh/scripts.js'
import { systemWorld } from '../src/system-world.js'
import { gateFiles } from '../src/trueno/gates.js'
import type { BenchHosts } from './hosts.js'
import { median, quantile } from './measure.js'

export interface LogLines {
  readonly hosts: number
  readonly lines: number
  /** Milliseconds from a line's being appended on a host until our gate sees it. */
  readonly oneByOne: Delay
  /** The same when all hosts say something at once, as they do when the barrier is passed. */
  readonly allAtOnce: Delay
}

interface Delay {
  readonly median: number
  readonly p95: number
  readonly most: number
}

/** Follows the logs of all hosts, as the gates do, while another process appends to them. */
export async function measureLogLines(cluster: BenchHosts, signal: AbortSignal): Promise<LogLines> {
  const logs = makeLogs(cluster)
  const over = new AbortController()
  const until = AbortSignal.any([signal, over.signal])
  await using ssh = createSsh({
    world: systemWorld,
    only: parseNetworks('127.0.0.0/8'),
    pins: { keys: pinsOf(cluster), file: 'pins' },
    scripts: packagedScripts(new URL('../../remote/', import.meta.url)),
  })
  const connections = await connect(ssh, cluster, signal)
  const seen = createSightings()
  const following = connections.map((connection, index) => {
    const files = gateFiles(gateOf(cluster, index))
    return connection.follow(files, { signal: until, onLine: (_file, line) => seen.see(line) })
  })
  try {
    const failed = Promise.all(following).then(() => Promise.reject(new Error('following ended')))
    return await Promise.race([append(cluster, logs, seen, signal), failed])
  } finally {
    over.abort(new Error('all is measured'))
    await Promise.allSettled(following)
    await Promise.allSettled(connections.map((connection) => connection[Symbol.asyncDispose]()))
  }
}

async function append(
  { hosts }: BenchHosts,
  logs: readonly string[],
  seen: Sightings,
  signal: AbortSignal,
): Promise<LogLines> {
  // Each was there before it was followed: that line says that the follower is.
  await seen.count(logs.length)
  seen.take()
  const slowly = Math.max(80, logs.length * 5)
  const oneByOne = await delays('spread', slowly, logs, seen, signal)
  const allAtOnce = await delays('burst', logs.length * (logs.length < 10 ? 20 : 5), logs, seen, signal)
  return { hosts: hosts.length, lines: slowly, oneByOne, allAtOnce }
}

async function delays(
  how: 'spread' | 'burst',
  lines: number,
  logs: readonly string[],
  seen: Sightings,
  signal: AbortSignal,
): Promise<Delay> {
  const writer = startWriter([how, String(lines)], logs, signal)
  await Promise.all([seen.count(lines), ended(writer)])
  const all = seen.take()
  return { median: median(all), p95: quantile(all, 0.95), most: Math.max(...all) }
}

function startWriter(args: readonly string[], logs: readonly string[], signal: AbortSignal): ChildProcess {
  const script = fileURLToPath(new URL('./log-writer.js', import.meta.url))
  const writer = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'inherit', 'inherit'], signal })
  writer.stdin?.end(logs.join('\n'))
  return writer
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the writer ended with ${code}`))))
  })
}

interface Sightings {
  see(line: string): void
  /** Resolves when so many lines were seen. */
  count(lines: number): Promise<void>
  /** The delays since the last time, milliseconds. */
  take(): readonly number[]
}

/** A line tells when it was written, by the clock that all processes of a machine share. */
function createSightings(): Sightings {
  let delays: number[] = []
  let wake = (): void => undefined
  return {
    see: (line) => {
      const now = process.hrtime.bigint()
      delays.push(Number(now - BigInt(line.split(' ').at(-1) ?? '')) / 1e6)
      wake()
    },
    count: (lines) =>
      new Promise((resolve) => {
        wake = () => delays.length >= lines && resolve()
        wake()
      }),
    take: () => {
      const taken = delays
      delays = []
      return taken
    },
  }
}

async function connect(
  ssh: ReturnType<typeof createSsh>,
  { hosts, key }: BenchHosts,
  signal: AbortSignal,
): Promise<readonly Connection[]> {
  const wanted = hosts.map((host) => ({
    key: host.key,
    access: { ssh: host.key, port: host.port, user: host.user, identityFile: key.file },
  }))
  const opened = await ssh.openConnections(wanted, { signal })
  return [...opened.values()].map((one) => {
    if (one instanceof ConnectionError) throw one
    return one
  })
}

function pinsOf({ hosts }: BenchHosts): Record<string, string[]> {
  return Object.fromEntries(hosts.map(({ key, port, hostKey }) => [`[${key}]:${port}`, [hostKey]]))
}

/** Core's log of each host, with one line in it. */
function makeLogs(cluster: BenchHosts): readonly string[] {
  return cluster.hosts.map((_, index) => {
    const [log = ''] = gateFiles(gateOf(cluster, index))
    mkdirSync(dirname(log), { recursive: true })
    writeFileSync(log, `begun ${process.hrtime.bigint()}\n`)
    return log
  })
}

function gateOf({ hosts }: BenchHosts, index: number): Parameters<typeof gateFiles>[0] {
  const { key = '', home = '' } = hosts[index] ?? {}
  return { id: 'apiReady', key, home, data: join(home, 'data'), port: 8000, expected: [], awaits: [] }
}
