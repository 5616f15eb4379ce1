import { randomInt } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Writable } from 'node:stream'
import { stringify } from 'yaml'
import type { Role } from '../../src/cluster/cluster.js'
import type { Status } from '../../src/cluster/status.js'
import type { Io } from '../../src/commands/io.js'
import type { Event } from '../../src/engine/events.js'
import type { ExitCode } from '../../src/errors.js'
import { main } from '../../src/main.js'
import { makeClientKey, type SshdHost, startSshd } from './sshd.js'

/** Roles of the example of Trueno's documentation. */
export const exampleRoles: readonly (readonly Role[])[] = [
  ['master', 'compute'],
  ['compute', 'backend'],
  ['compute', 'backend', 'index'],
  ['compute', 'backend', 'index'],
]

export interface LabOptions {
  readonly roles?: readonly (readonly Role[])[]
  /** Merged over the inventory that the lab writes. */
  readonly inventory?: Record<string, unknown>
}

export interface LabHost {
  readonly key: string
  /** HOME of its login. */
  readonly login: string
  /** Our directory on it. */
  readonly home: string
  readonly sshd: SshdHost
}

/** How a command line ended. */
export interface Ran {
  readonly code: ExitCode
  readonly stdout: string
  readonly stderr: string
}

/** A command line while it runs. */
export interface Running {
  readonly done: Promise<Ran>
  /** Ctrl-C. */
  interrupt(): void
  /** Resolves when what was printed so far matches. */
  printed(pattern: RegExp): Promise<void>
}

/** A cluster of real sshd hosts on loopback addresses that no other test has, and the tool's own command line for it. */
export interface Lab extends AsyncDisposable {
  readonly directory: string
  readonly hosts: readonly LabHost[]
  host(index: number): LabHost
  /** Runs the command line, with the lab's `cluster.json`. */
  run(verb: string, ...options: readonly string[]): Promise<Ran>
  start(verb: string, ...options: readonly string[]): Running
  /** Sets faults of the stand-in on a host, from its next start on. */
  faults(index: number, knobs: Record<string, unknown>): void
  status(): Promise<Status>
  /** Processes with our marker on a host. */
  processes(index: number): readonly { readonly pid: number; readonly name: string }[]
}

/** Everything is taken away again when it is disposed of: processes, hosts, files. */
export async function makeLab(options: LabOptions = {}): Promise<Lab> {
  const directory = mkdtempSync(join(tmpdir(), 'lab-'))
  const network = `127.${randomInt(64, 255)}.${randomInt(1, 255)}`
  const key = makeClientKey(directory, 'key')
  const roles = options.roles ?? exampleRoles
  const hosts = await Promise.all(
    roles.map((_, index) => makeHost(directory, `${network}.${40 + index}`, key.publicKey)),
  )
  const cluster = Object.fromEntries(hosts.map(({ key: host }, index) => [host, rolesOf(roles[index] ?? [])]))
  writeFileSync(join(directory, 'cluster.json'), `${JSON.stringify(cluster, null, 2)}\n`)
  writeFileSync(join(directory, 'inventory.yaml'), stringify(inventoryOf(hosts, key.file, options.inventory ?? {})))
  pin(directory, hosts)
  return labOf(directory, hosts)
}

function labOf(directory: string, hosts: readonly LabHost[]): Lab {
  const host = (index: number): LabHost => {
    const one = hosts[index]
    if (one === undefined) throw new Error(`the lab has no host ${index}`)
    return one
  }
  const start = (verb: string, ...options: readonly string[]): Running => commandLine(directory, [verb, ...options])
  const run = (verb: string, ...options: readonly string[]): Promise<Ran> => start(verb, ...options).done
  return {
    directory,
    hosts,
    host,
    start,
    run,
    faults: (index, knobs) => {
      mkdirSync(join(host(index).home, 'data'), { recursive: true, mode: 0o700 })
      writeFileSync(join(host(index).home, 'data', 'standin.json'), JSON.stringify(knobs))
    },
    status: async () => JSON.parse((await run('status', '--json')).stdout),
    processes: (index) => markedProcesses(host(index).home),
    [Symbol.asyncDispose]: async () => {
      for (const { home } of hosts) killAll(home)
      await Promise.all(hosts.map(({ sshd }) => sshd[Symbol.asyncDispose]()))
      for (const { home } of hosts) killAll(home)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function makeHost(directory: string, address: string, authorizedKey: string): Promise<LabHost> {
  const login = join(directory, address.split('.').at(-1) ?? '')
  mkdirSync(login, { mode: 0o700 })
  const sshd = await startSshd({
    address,
    home: login,
    authorizedKey,
    environment: { PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
  })
  return { key: address, login, home: join(login, 'trueno'), sshd }
}

function rolesOf(roles: readonly Role[]): Record<string, true> {
  return Object.fromEntries(roles.map((role) => [role, true]))
}

function inventoryOf(
  hosts: readonly LabHost[],
  identityFile: string,
  more: Record<string, unknown>,
): Record<string, unknown> {
  const user = hosts[0]?.sshd.user
  return {
    name: 'lab',
    release: 'standin',
    defaults: { user, identityFile },
    hosts: Object.fromEntries(hosts.map(({ key, sshd }) => [key, { port: sshd.port }])),
    ...more,
  }
}

function pin(directory: string, hosts: readonly LabHost[]): void {
  const hostKeys = Object.fromEntries(hosts.map(({ key, sshd }) => [`[${key}]:${sshd.port}`, sshd.hostKeys]))
  writeFileSync(join(directory, 'trueno-deploy.lock.json'), JSON.stringify({ version: 1, hostKeys }))
}

function commandLine(directory: string, argv: readonly string[]): Running {
  const stdout = new Captured()
  const stderr = new Captured()
  let interrupt: () => void = () => undefined
  const io: Io = {
    stdin: { isTTY: false } as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
    env: { TRUENO_DEPLOY_ONLY: '127.0.0.0/8', PATH: process.env.PATH, XDG_CACHE_HOME: join(directory, 'cache') },
    workingDirectory: directory,
    homeDirectory: directory,
    who: 'tester@lab',
    onInterrupt: (listener) => {
      interrupt = listener
      return () => undefined
    },
    exit: (code) => {
      throw new Error(`exit ${code}`)
    },
  }
  const done = main(argv, io).then((code) => ({ code, stdout: stdout.text, stderr: stderr.text }))
  return {
    done,
    interrupt: () => interrupt(),
    printed: (pattern) => Promise.race([stdout.until(pattern), ended(done, pattern)]),
  }
}

async function ended(done: Promise<Ran>, pattern: RegExp): Promise<never> {
  const { stdout, stderr } = await done
  throw new Error(`it ended without printing ${pattern}:\n${stdout}\n${stderr}`)
}

/** A stream that is no terminal, and keeps what is written. */
class Captured extends Writable {
  text = ''
  #waiting: (() => void)[] = []

  override _write(chunk: Buffer | string, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    for (const look of this.#waiting) look()
    done()
  }

  until(pattern: RegExp): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (pattern.test(this.text)) resolve()
      }
      this.#waiting.push(look)
      look()
    })
  }
}

/** The events that `--json` printed. */
export function eventsOf({ stdout }: Ran): readonly Event[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

function markedProcesses(home: string): readonly { readonly pid: number; readonly name: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const variables = environmentOf(name)
      if (!variables.includes(`TRUENO_DEPLOY_HOME=${home}`)) return []
      return [{ pid: Number(name), name: variables.find((one) => one.startsWith('name='))?.slice(5) ?? '' }]
    })
}

function environmentOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return []
  }
}

function killAll(home: string): void {
  for (let round = 0; round < 5; round += 1) {
    for (const { pid } of markedProcesses(home)) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // it has ended by itself
      }
    }
  }
}
