import { execFile } from 'node:child_process'
import { randomInt, randomUUID } from 'node:crypto'
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type Environment,
  eventually,
  kill,
  type Running,
  readText,
  runningOf,
  type Started,
  started,
} from './processes.js'

export const packageRoot = fileURLToPath(new URL('../../remote/standin', import.meta.url))

/** Node that runs the stand-in: this one, or another to try it on older ones. */
export const node = process.env.STANDIN_NODE ?? process.execPath

export interface Finished {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Roles of the hosts, in order; the host at index 0 is 127.1.R.1. */
export type Roles = { readonly [role in 'master' | 'compute' | 'backend' | 'index']?: boolean }

/**
 * Hosts on loopback addresses that no other test has, each with its own copy of the stand-in. Everything that was
 * started, whoever its parent is now, is killed when it is disposed of.
 */
export interface Rig extends AsyncDisposable {
  readonly directory: string
  readonly hosts: readonly RigHost[]
  /** The host at an index; there must be one. */
  readonly host: (index: number) => RigHost
  /** cluster.json as an object. */
  readonly cluster: Record<string, Roles>
  /** Command lines of what runs of this rig. */
  readonly running: () => Promise<readonly Running[]>
}

export async function makeRig(...roles: readonly Roles[]): Promise<Rig> {
  const { server, network } = await reserveNetwork()
  const directory = await mkdtemp(join(tmpdir(), 'standin-'))
  const id = randomUUID()
  const keys = roles.map((_, index) => `${network}.${index + 1}`)
  const cluster = Object.fromEntries(keys.map((key, index) => [key, roles[index] ?? {}]))
  await writeFile(join(directory, 'cluster.json'), JSON.stringify(cluster))
  const hosts = await Promise.all(keys.map((key) => RigHost.make(directory, key, id)))
  const dispose = async () => {
    await killAll(id)
    await rm(directory, { recursive: true, force: true })
    server.close()
  }
  const host = (index: number) => hosts[index] as RigHost
  return { directory, hosts, host, cluster, running: () => runningOf(id), [Symbol.asyncDispose]: dispose }
}

/** One host: its own HOME, package, data and PM2_HOME. */
export class RigHost {
  readonly home: string
  readonly release: string
  readonly data: string
  readonly pm2: string
  readonly environment: Record<string, string>

  private constructor(
    readonly directory: string,
    readonly key: string,
    rig: string,
  ) {
    this.home = join(directory, key)
    this.release = join(this.home, 'release')
    this.data = join(this.home, 'data')
    this.pm2 = join(this.home, 'pm2')
    this.environment = {
      HOME: this.home,
      PATH: [dirname(node), '/usr/bin', '/bin'].join(delimiter),
      PM2_HOME: this.pm2,
      PM2_KILL_TIMEOUT: '300',
      STANDIN_RIG: rig,
    }
  }

  static async make(directory: string, key: string, rig: string): Promise<RigHost> {
    const host = new RigHost(directory, key, rig)
    await cp(packageRoot, host.release, { recursive: true })
    await mkdir(host.data, { recursive: true })
    return host
  }

  /** `trueno ...`, to its end. */
  trueno(...args: readonly string[]): Promise<Finished> {
    return this.execute([join(this.release, 'lib/trueno.js'), ...args])
  }

  /** `trueno start -h KEY --cluster ... --dir ... --forever`. */
  start(...more: readonly string[]): Promise<Finished> {
    return this.trueno(...this.startArguments(), '--forever', ...more)
  }

  startArguments(cluster = join(this.directory, 'cluster.json')): readonly string[] {
    return ['start', '-h', this.key, '--cluster', cluster, '--dir', this.data]
  }

  /** Runs a script with the host's Node and environment. */
  execute(args: readonly string[]): Promise<Finished> {
    return new Promise((resolve) => {
      execFile(node, [...args], { cwd: this.home, env: this.environment }, (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr })
      })
    })
  }

  /** Sets the knobs of this host. */
  knobs(values: object): Promise<void> {
    return writeFile(join(this.data, 'standin.json'), JSON.stringify(values))
  }

  /** Core's log of this PM2_HOME, without colours. */
  core(stream: 'out' | 'error' = 'out'): Promise<string> {
    return readText(join(this.pm2, 'logs', `Trueno-Core-${stream}-0.log`))
  }

  pm2Log(): Promise<string> {
    return readText(join(this.pm2, 'pm2.log'))
  }

  /** The log of a component, whatever its number. */
  async log(directory: string, stream: 'out' | 'err'): Promise<string> {
    const folder = join(this.data, 'logs')
    const names = await readdir(folder).catch(() => [])
    const mine = names.filter((name) => name.startsWith(`${directory}-${stream}-`))
    return (await Promise.all(mine.map((name) => readText(join(folder, name))))).join('')
  }

  /** What `pm2 jlist` tells, by name. */
  async apps(): Promise<Record<string, { pid: number; status: string; restarts: number }>> {
    const { stdout } = await this.execute([join(this.release, 'lib/pm2/bin/pm2'), 'jlist'])
    const list = JSON.parse(stdout) as {
      name: string
      pid: number
      pm2_env: { status: string; restart_time: number }
    }[]
    return Object.fromEntries(
      list.map(({ name, pid, pm2_env: { status, restart_time: restarts } }) => [name, { pid, status, restarts }]),
    )
  }

  /** Starts an engine's launcher by itself, as pm2 would. */
  engine(directory: string, launcher: string, args: readonly string[] = [], environment: Environment = {}): Started {
    const cwd = join(this.release, 'lib/core/binaries', directory)
    const own = { TRUENO_STANDIN_DATA: this.data, TRUENO_STANDIN_HOST: this.key }
    return started('bash', [launcher, ...args], { cwd, env: { ...this.environment, ...own, ...environment } })
  }

  /** `trueno ...`, which stays in the foreground. */
  command(...args: readonly string[]): Started {
    return started(node, [join(this.release, 'lib/trueno.js'), ...args], { cwd: this.home, env: this.environment })
  }

  /** The same in a network of its own, where ports may be taken on all addresses without being in anybody's way. */
  isolated(...args: readonly string[]): Started {
    const script = 'ip link set lo up && exec "$@"'
    const command = ['-rn', 'sh', '-c', script, 'sh', node, join(this.release, 'lib/trueno.js'), ...args]
    return started('unshare', command, { cwd: this.home, env: this.environment })
  }
}

/** Lines of core's log as they are: without colour, time and level. */
export function bare(log: string): readonly string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with ESC
  const colour = /\u001b\[[0-9;]*m/g
  const dress = /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [ap]m\] - (?:info|error): /
  return log.split('\n').map((line) => line.replace(colour, '').replace(dress, ''))
}

/** A network 127.1.R that nobody else has: held by a port on its address 9. */
async function reserveNetwork(): Promise<{ server: Server; network: string }> {
  for (;;) {
    const network = `127.1.${randomInt(1, 255)}`
    const server = await listening(`${network}.9`)
    if (server !== undefined) return { server, network }
  }
}

function listening(address: string): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(64_999, address, () => resolve(server.unref()))
  })
}

async function killAll(id: string): Promise<void> {
  await eventually('an end of all processes', async () => {
    const left = await runningOf(id)
    for (const { pid } of left) kill(pid)
    return left.length === 0
  })
}
