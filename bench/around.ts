import { readFileSync } from 'node:fs'
import type { Cluster } from '../src/cluster/cluster.js'
import { tryWays } from '../src/engine/try-ways.js'
import { createSsh } from '../src/ssh/connect.js'
import type { Connection } from '../src/ssh/connection.js'
import { ConnectionError } from '../src/ssh/errors.js'
import { parseNetworks } from '../src/ssh/networks.js'
import { packagedScripts } from '../src/ssh/scripts.js'
import { systemWorld } from '../src/system-world.js'
import { waysFrom } from '../src/trueno/ways.js'
import type { BenchHost } from './hosts.js'

// What `check` does on hosts, piece by piece: connect, then the facts of all, then all ways between them; in turn, so often.
//
// usage: around.js HOSTS-FILE SSH-CONFIG ROUNDS      prints what each piece took

/** Milliseconds, round by round; and what was done in each. */
export interface LookedAround {
  readonly factsMs: readonly number[]
  readonly waysMs: readonly number[]
  readonly ways: number
  /** Scripts run on the host that ran most of them. */
  readonly scripts: number
}

const [hostsFile = '', configFile = '', rounds = '1'] = process.argv.slice(2)
const hosts: readonly BenchHost[] = JSON.parse(readFileSync(hostsFile, 'utf8'))
const counts = new Map<string, number>()
process.stdout.write(`${JSON.stringify(await measure(Number(rounds)))}\n`)

async function measure(times: number): Promise<LookedAround> {
  await using ssh = createSsh({
    world: systemWorld,
    only: parseNetworks('127.0.0.0/8'),
    configFile,
    scripts: packagedScripts(new URL('../../remote/', import.meta.url)),
    pins: {
      keys: Object.fromEntries(hosts.map(({ key, port, hostKey }) => [`[${key}]:${port}`, [hostKey]])),
      file: '',
    },
    onCommand: (host) => counts.set(host, (counts.get(host) ?? 0) + 1),
  })
  const opened = await ssh.openConnections(
    hosts.map(({ key, user, port }) => ({ key, access: { ssh: key, user, port } })),
  )
  const connections = new Map([...opened].map(([key, one]) => [key, connected(one)]))
  const factsMs: number[] = []
  const waysMs: number[] = []
  for (let round = 0; round < times; round += 1) {
    factsMs.push(await timed(() => Promise.all(hosts.map((host) => gather(host, connections.get(host.key))))))
    waysMs.push(await timed(() => lookAround(connections)))
  }
  await Promise.all([...connections.values()].map((one) => one[Symbol.asyncDispose]()))
  return { factsMs, waysMs, ways: waysBetween().length, scripts: Math.max(...counts.values()) / times }
}

function connected(one: Connection | ConnectionError): Connection {
  if (one instanceof ConnectionError) throw one
  return one
}

async function gather({ factsArgs }: BenchHost, connection: Connection | undefined): Promise<void> {
  const facts = await connection?.read('facts', factsArgs)
  if (!facts?.stdout.endsWith('\nend\n')) throw new Error(`no facts: ${facts?.stderr}`)
}

async function lookAround(connections: ReadonlyMap<string, Connection>): Promise<void> {
  const tried = await tryWays(waysBetween(), connections, { world: systemWorld, signal: new AbortController().signal })
  const odd = tried.find(({ outcome }) => outcome !== 'refused' && outcome !== 'open')
  if (odd !== undefined) throw new Error(`a way is not as it should be: ${JSON.stringify(odd)}`)
}

function waysBetween(): ReturnType<typeof waysFrom> {
  const cluster = {
    hosts: hosts.map((host) => ({ ...host, member: true })),
    coordinator: hosts[0]?.key,
    balancer: null,
  }
  const whole = cluster as unknown as Cluster
  return whole.hosts.flatMap((host) => waysFrom(host, whole))
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}
