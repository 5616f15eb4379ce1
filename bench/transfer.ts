import { spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'
import { measureAnsibleCopy } from './ansible.js'
import { forEachHost, settingsOf } from './contenders.js'
import { type BenchHosts, makeHosts } from './hosts.js'
import { medianUsage, nodeCommand, type RunOptions, ratio, type Usage } from './measure.js'
import { inRounds } from './rounds.js'

/** A file to many hosts: as part of a release, verified, unpacked and in place, against others that just copy it. */
export interface Transfer {
  readonly hosts: number
  readonly rounds: number
  readonly megabytes: number
  readonly of: Usage
  /** Sent to each from here. */
  readonly direct: Usage
  /** What the phase said of itself. */
  readonly summary: string
  /** Medians of what the tool took as a multiple of the other's, round by round; null: not on this machine. */
  readonly against: Readonly<Record<'scp' | 'rsync' | 'sshCat' | 'ansible', number | null>>
  readonly directAgainstScp: number | null
}

/** The same through an uplink of 500 Mbit/s. */
export interface Uplink {
  readonly hosts: number
  readonly rounds: number
  readonly of: Usage
  readonly againstScp: number | null
  /** What left this machine, as a multiple of the file; most in one round. */
  readonly left: number
}

/** A release of many small files, received, against `tar x` of it. */
export interface SmallFiles {
  readonly files: number
  readonly rounds: number
  readonly of: Usage
  readonly againstTar: number | null
}

const hostCount = 16
const megabytes = 64
const bytesPerSecond = 500e6 / 8

export async function measureTransfer(rounds: number, env: Environment, signal: AbortSignal): Promise<Transfer> {
  await using cluster = await makeHosts(hostCount)
  const options = { env: env(cluster.directory), signal }
  const payload = makeRelease(cluster, megabytes)
  const said: string[] = []
  const commands: Readonly<Record<string, readonly string[]>> = {
    up: stageCommand(cluster, payload),
    direct: [...stageCommand(cluster, payload), '--no-relay'],
    scp: scp(cluster, payload.file),
    sshCat: sshCat(cluster, payload.file),
    ...(hasRsync() && { rsync: rsync(cluster, payload.file) }),
  }
  // What is made once on this machine is no part of it.
  await inRounds({ up: stageCommand(cluster, payload) }, 1, options, () => clean(cluster))
  const runs: Partial<Record<string, Usage[]>> = await inRounds(commands, rounds, options, (name, { stdout }) => {
    if (name === 'up') said.push(stdout.trim())
    clean(cluster)
  })
  const { up = [], direct = [], scp: scps = [], rsync: rsyncs = [], sshCat: cats = [] } = runs
  const ansible = await measureAnsibleCopy(cluster, payload.file, options)
  return {
    hosts: hostCount,
    rounds,
    megabytes,
    of: medianUsage(up),
    direct: medianUsage(direct),
    summary: said.at(-1) ?? '',
    against: {
      scp: ratio(up, scps, wall),
      rsync: ratio(up, rsyncs, wall),
      sshCat: ratio(up, cats, wall),
      ansible: ansible === null ? null : medianUsage(up).wallMs / ansible.wallMs,
    },
    directAgainstScp: ratio(direct, scps, wall),
  }
}

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

/** Memory of sending to 32 hosts, each from here: nothing is passed on. */
export async function measureMemory(size: number, env: Environment, signal: AbortSignal): Promise<Usage> {
  await using cluster = await makeHosts(32)
  const payload = makeRelease(cluster, size)
  const { direct } = await inRounds({ direct: [...stageCommand(cluster, payload), '--no-relay'] }, 1, {
    env: env(cluster.directory),
    signal,
  })
  return medianUsage(direct)
}

/** The modules of this project, so often that there are some 20,000 files. */
export async function measureSmallFiles(rounds: number, env: Environment, signal: AbortSignal): Promise<SmallFiles> {
  await using cluster = await makeHosts(1)
  const { directory } = cluster
  const tree = join(directory, 'tree')
  const modules = fileURLToPath(new URL('../../node_modules', import.meta.url))
  let files = 0
  for (let copy = 0; files < 20_000; copy += 1) {
    cpSync(modules, join(tree, `copy${copy}`), { recursive: true, verbatimSymlinks: true, filter: isSmall })
    files = readdirSync(tree, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length
  }
  const tar = join(directory, 'tree.tar')
  spawnSync('tar', ['-cf', tar, '-C', tree, '.'])
  const bytes = readFileSync(tar)
  const size = bytes.length
  const hash = createHash('sha256').update(bytes).digest('hex')
  const receive = fileURLToPath(new URL('../../remote/receive.sh', import.meta.url))
  const home = join(directory, 'h0', 'trueno')
  const args = `1 ${home} ${hash} tar ${hash} ${size} ${size} here drop`
  const plain = join(directory, 'plain')
  const commands = {
    receive: ['sh', '-c', `sh ${receive} ${args} <${tar}`],
    tar: ['sh', '-c', `mkdir ${plain} && tar -xf ${tar} -C ${plain}`],
  }
  const runs = await inRounds(commands, rounds, { env: env(directory), signal }, () => {
    for (const made of [home, plain]) rmSync(made, { recursive: true, force: true })
    spawnSync('sync')
  })
  return { files, rounds, of: medianUsage(runs.receive), againstTar: ratio(runs.receive, runs.tar, wall) }
}

/** A few large files would be most of it. */
function isSmall(path: string): boolean {
  const stats = lstatSync(path)
  return !stats.isFile() || stats.size < 64 * 1024
}

/** What a command has in its environment, by its home. */
export type Environment = (home: string) => RunOptions['env']

const wall = ({ wallMs }: Usage): number => wallMs

interface Payload {
  readonly release: string
  /** The file alone. */
  readonly file: string
}

/** One part alone, as the others send one file: the stand-in without engines, and a file that cannot be compressed. */
function makeRelease({ directory }: BenchHosts, size: number): Payload {
  linkPackage()
  const release = join(directory, 'release')
  cpSync(fileURLToPath(new URL('../../remote/standin', import.meta.url)), release, { recursive: true })
  rmSync(join(release, 'lib', 'core', 'binaries'), { recursive: true })
  const file = join(release, 'lib', 'payload')
  for (let megabyte = 0; megabyte < size; megabyte += 1) writeFileSync(file, randomBytes(1024 * 1024), { flag: 'a' })
  return { release, file }
}

/** What the program reads of its package, beside the one that is compiled for this bench. */
function linkPackage(): void {
  for (const name of ['inventory', 'remote', 'package.json']) {
    const link = fileURLToPath(new URL(`../${name}`, import.meta.url))
    if (!existsSync(link)) symlinkSync(join('..', name), link)
  }
}

function stageCommand({ clusterFile }: BenchHosts, { release }: Payload, inventory?: string): readonly string[] {
  const file = inventory ?? join(dirname(clusterFile), 'inventory.yaml')
  const script = new URL('./stage.js', import.meta.url)
  return nodeCommand(script, '--cluster', clusterFile, '--inventory', file, '--release', release)
}

const cipher = '-c aes128-gcm@openssh.com'

function scp(cluster: BenchHosts, file: string): readonly string[] {
  return forEachHost(cluster, hostCount, `exec scp -q ${settingsOf(cluster)} ${cipher} -P $2 ${file} $1:$3.copy`)
}

function sshCat(cluster: BenchHosts, file: string): readonly string[] {
  const command = `exec ssh ${settingsOf(cluster)} ${cipher} -p $2 $1 "cat >$3.copy" <${file}`
  return forEachHost(cluster, hostCount, command)
}

function rsync(cluster: BenchHosts, file: string): readonly string[] {
  const ssh = `ssh ${settingsOf(cluster)} ${cipher} -p $2`
  return forEachHost(cluster, hostCount, `exec rsync --whole-file -e "${ssh}" ${file} $1:$3.copy`)
}

function hasRsync(): boolean {
  return spawnSync('rsync', ['--version']).status === 0
}

/** What was brought is taken away again. */
function clean({ hosts }: BenchHosts): void {
  for (const { home, factsInput } of hosts)
    for (const made of [home, `${factsInput}.copy`]) rmSync(made, { recursive: true, force: true })
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
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(lock))
}
