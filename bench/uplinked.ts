import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'
import { type BenchHosts, makeHosts } from './hosts.js'
import { medianUsage, ratio, type Usage } from './measure.js'
import { clean, type Environment, hostCount, makeRelease, megabytes, scp, stageCommand, wall } from './payload.js'
import { inRounds } from './rounds.js'

/** The same through an uplink of 500 Mbit/s. */
export interface Uplink {
  readonly hosts: number
  readonly rounds: number
  readonly of: Usage
  readonly againstScp: number | null
  /** What left this machine, as a multiple of the file; most in one round. */
  readonly left: number
}

const bytesPerSecond = 500e6 / 8

export async function measureUplink(rounds: number, env: Environment, signal: AbortSignal): Promise<Uplink> {
  await using cluster = await makeHosts(hostCount)
  const options = { env: env(cluster.directory), signal }
  const payload = makeRelease(cluster, megabytes)
  await inRounds({ up: stageCommand(cluster, payload) }, 1, options, () => clean(cluster))
  await using uplink = await startUplink(cluster)
  const left: number[] = []
  let before = 0
  const runs: Partial<Record<string, Usage[]>> = {}
  for (let round = 0; round < rounds; round += 1)
    for (const [name, command] of [
      ['up', stageCommand(cluster, payload, uplink.inventory)],
      ['scp', scp({ ...cluster, hosts: uplink.hosts }, payload.file)],
    ] as const) {
      const { [name]: one = [] } = await inRounds({ [name]: command }, 1, options, () => clean(cluster))
      const passed = await uplink.passed()
      if (name === 'up') left.push((passed - before) / (megabytes * 1024 * 1024))
      before = passed
      runs[name] = [...(runs[name] ?? []), ...one]
    }
  const { up = [], scp: scps = [] } = runs
  return { hosts: hostCount, rounds, of: medianUsage(up), againstScp: ratio(up, scps, wall), left: Math.max(...left) }
}

interface RunningUplink extends AsyncDisposable {
  readonly inventory: string
  /** The hosts as they are reached through it. */
  readonly hosts: BenchHosts['hosts']
  /** Bytes that went out so far. */
  passed(): Promise<number>
}

async function startUplink({ directory, hosts, knownHostsFile }: BenchHosts): Promise<RunningUplink> {
  const address = `127.${randomInt(10, 60)}.${randomInt(1, 255)}.1`
  const script = fileURLToPath(new URL('./uplink.js', import.meta.url))
  const targets = hosts.map(({ key, port }) => `${key}:${port}`)
  const child = spawn(process.execPath, [script, String(bytesPerSecond), address, ...targets], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdout.setEncoding('utf8')
  const [line] = (await once(child.stdout, 'data')) as [string]
  const ports = line.trim().split(' ').map(Number)
  const reached = hosts.map((host, index) => ({ ...host, key: address, port: ports[index] ?? 0 }))
  const inventory = writeInventory(directory, hosts, reached)
  const known = reached.map(({ key, port, hostKey }) => `[${key}]:${port} ${hostKey}\n`)
  writeFileSync(knownHostsFile, known.join(''), { flag: 'a' })
  pinAlso(join(directory, 'trueno-deploy.lock.json'), reached)
  return {
    inventory,
    hosts: reached,
    passed: async () => {
      child.stdin.write('\n')
      const [count] = (await once(child.stdout, 'data')) as [string]
      return Number(count)
    },
    [Symbol.asyncDispose]: async () => {
      const exited = once(child, 'exit')
      child.stdin.end()
      await exited
    },
  }
}

function writeInventory(directory: string, hosts: BenchHosts['hosts'], reached: BenchHosts['hosts']): string {
  const inventory = parse(readFileSync(join(directory, 'inventory.yaml'), 'utf8'))
  for (const [index, { key }] of hosts.entries()) {
    const { key: ssh, port } = reached[index] ?? {}
    Object.assign(inventory.hosts[key], { ssh, port })
  }
  const file = join(directory, 'uplink.yaml')
  writeFileSync(file, stringify(inventory))
  return file
}

function pinAlso(file: string, hosts: BenchHosts['hosts']): void {
  const lock = JSON.parse(readFileSync(file, 'utf8'))
  for (const { key, port, hostKey } of hosts) lock.hostKeys[`[${key}]:${port}`] = [hostKey]
  writeFileSync(file, JSON.stringify(lock))
}
