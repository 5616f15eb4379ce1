import { randomInt } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'vitest'
import { stringify } from 'yaml'
import type { Role } from '../../src/cluster/cluster.js'
import type { Status } from '../../src/cluster/status.js'
import { commandLine, type Ran, type Running, type Told, toldBy } from './command-line.js'
import { killMarked, type MarkedProcess, markedProcesses } from './marked.js'
import { makePrivateUsers, type PrivateUsers } from './private-users.js'
import { type ClientKey, makeClientKey, type SshdHost, type SshdOptions, startSshd } from './sshd.js'

/** Roles of the example of Trueno's documentation. */
export const exampleRoles: readonly (readonly Role[])[] = [
  ['master', 'compute'],
  ['compute', 'backend'],
  ['compute', 'backend', 'index'],
  ['compute', 'backend', 'index'],
]

/** The smallest cluster that has every component somewhere. */
export const twoHosts: readonly (readonly Role[])[] = [['master'], ['compute', 'index']]

type Values = Record<string, unknown>

export interface LabOptions {
  /** Default: those of the example. */
  readonly roles?: readonly (readonly Role[])[]
  /** Laid over the inventory that the lab writes. */
  readonly inventory?: Values
  /** What is particular about the sshd of a host, whose HOME is `login`. */
  readonly sshd?: (index: number, login: string) => Partial<SshdOptions>
  /** `deploy` logs in, and everything is done as `elastic`. Default: as whoever runs the test. Needs `canMount`. */
  readonly runAs?: RunAsLab
}

export interface RunAsLab {
  /** Of `deploy`. */
  readonly password: string
  /** Rules of sudo. */
  readonly sudoers: readonly string[]
}

export interface LabHost {
  readonly key: string
  /** HOME of whoever things are done as. */
  readonly login: string
  /** Our directory on it. */
  readonly home: string
  readonly sshd: SshdHost
  /** Who is known on it; null: those of this machine. */
  readonly users: PrivateUsers | null
}

/** A cluster of real sshd hosts on loopback addresses that no other test has, and the tool's own command line for it. */
export interface Lab extends AsyncDisposable {
  /** Where the commands are typed; `cluster.json`, `inventory.yaml` and the lock file are in it. */
  readonly directory: string
  readonly hosts: readonly LabHost[]
  /** What is let in on every host. */
  readonly clientKey: ClientKey
  host(index: number): LabHost
  /** Runs the command line, with the lab's `cluster.json`. */
  run(verb: string, ...options: readonly string[]): Promise<Ran>
  start(verb: string, ...options: readonly string[]): Running
  /** Runs it with `--json` and reads what it tells. */
  tell(verb: string, ...options: readonly string[]): Promise<Told>
  status(): Promise<Status>
  /** Sets faults of the stand-in on a host, from its next start on; none: takes them away. */
  faults(index: number, knobs?: Values): void
  /** Writes the inventory anew: what the lab says, and this laid over it. */
  inventory(more?: Values): void
  /** Writes `cluster.json` and the inventory anew, with these hosts of the lab only. */
  members(...indices: readonly number[]): void
  /** Changes pinned host keys, by name as known_hosts writes it; undefined: takes them out. */
  pin(keys: Readonly<Record<string, readonly string[] | undefined>>): void
  /** Processes with our marker on a host. */
  processes(index: number): readonly MarkedProcess[]
  /** Ids of all starts of Trueno that a host knows of, oldest first. */
  starts(index: number): readonly string[]
}

/** Everything is taken away again when it is disposed of: processes, hosts, files. */
export async function makeLab({
  roles = exampleRoles,
  inventory = {},
  sshd = () => ({}),
  runAs,
}: LabOptions = {}): Promise<Lab> {
  const directory = mkdtempSync(join(tmpdir(), 'lab-'))
  const network = `127.${randomInt(64, 255)}.${randomInt(1, 255)}`
  const clientKey = makeClientKey(directory, 'key')
  const hosts = await Promise.all(
    roles.map((_, index) => {
      const address = `${network}.${40 + index}`
      const optionsOf = (login: string) => ({ authorizedKey: clientKey.publicKey, ...sshd(index, login) })
      return runAs === undefined ? makeHost(directory, address, optionsOf) : makeRunAsHost(address, optionsOf, runAs)
    }),
  )
  const lab = labOf({ directory, hosts, clientKey, roles, members: new Set(hosts.keys()) })
  lab.members(...hosts.keys())
  lab.inventory(inventory)
  lab.pin(Object.fromEntries(hosts.map(({ key, sshd }) => [`[${key}]:${sshd.port}`, sshd.hostKeys])))
  return lab
}

/** The lab of one test: taken away when the test is over, however it ends. */
export async function labFor(test: TestContext, options: LabOptions = {}): Promise<Lab> {
  const lab = await makeLab(options)
  test.onTestFinished(() => lab[Symbol.asyncDispose]())
  return lab
}

interface Parts extends Pick<Lab, 'directory' | 'hosts' | 'clientKey'> {
  readonly roles: readonly (readonly Role[])[]
  /** Indices of the hosts in `cluster.json`. */
  readonly members: Set<number>
}

function labOf(parts: Parts): Lab {
  const { directory, hosts, clientKey, members } = parts
  const host = (index: number): LabHost => {
    const one = hosts[index]
    if (one === undefined) throw new Error(`the lab has no host ${index}`)
    return one
  }
  const start = (verb: string, ...options: readonly string[]): Running => commandLine(directory, [verb, ...options])
  const run = (verb: string, ...options: readonly string[]): Promise<Ran> => start(verb, ...options).done
  const inventory = (more: Values = {}): void =>
    writeFileSync(join(directory, 'inventory.yaml'), stringify(inventoryOf(parts, more)))
  return {
    directory,
    hosts,
    clientKey,
    host,
    start,
    run,
    tell: async (verb, ...options) => toldBy(await run(verb, '--json', ...options)),
    status: async () => JSON.parse((await run('status', '--json')).stdout),
    faults: (index, knobs = {}) => {
      mkdirSync(join(host(index).home, 'data'), { recursive: true, mode: 0o700 })
      writeFileSync(join(host(index).home, 'data', 'standin.json'), JSON.stringify(knobs))
    },
    inventory,
    members: (...indices) => {
      members.clear()
      for (const index of indices) members.add(index)
      writeFileSync(join(directory, 'cluster.json'), clusterOf(parts))
      inventory()
    },
    pin: (keys) => pin(join(directory, 'trueno-deploy.lock.json'), keys),
    processes: (index) => markedProcesses(host(index).home),
    starts: (index) => startsOf(host(index)),
    [Symbol.asyncDispose]: () => takeAway(parts),
  }
}

async function takeAway({ directory, hosts }: Parts): Promise<void> {
  for (const { home } of hosts) killMarked(home)
  await Promise.all(hosts.map(({ sshd }) => sshd[Symbol.asyncDispose]()))
  for (const { home, users } of hosts) {
    killMarked(home)
    users?.[Symbol.dispose]()
  }
  rmSync(directory, { recursive: true, force: true })
}

type OptionsOf = (login: string) => Omit<SshdOptions, 'home'>

async function makeHost(directory: string, address: string, optionsOf: OptionsOf): Promise<LabHost> {
  const login = join(directory, address.split('.').at(-1) ?? '')
  mkdirSync(login, { mode: 0o700 })
  const options = optionsOf(login)
  const sshd = await startSshd({
    ...options,
    address,
    home: login,
    environment: { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, ...options.environment },
  })
  return { key: address, login, home: join(login, 'trueno'), sshd, users: null }
}

async function makeRunAsHost(address: string, optionsOf: OptionsOf, runAs: RunAsLab): Promise<LabHost> {
  const users = makePrivateUsers([
    { name: 'deploy', password: runAs.password },
    { name: 'elastic', shell: '/usr/sbin/nologin' },
  ])
  users.sudoers(...runAs.sudoers)
  const { within, homeOf } = users
  const options = optionsOf(homeOf('deploy'))
  const sshd = await startSshd({ ...options, address, home: homeOf('deploy'), user: 'deploy', within })
  const login = homeOf('elastic')
  return { key: address, login, home: join(login, 'trueno'), sshd, users }
}

function clusterOf({ hosts, roles, members }: Parts): string {
  const entries = [...members].map((index) => [
    hosts[index]?.key,
    Object.fromEntries((roles[index] ?? []).map((role) => [role, true])),
  ])
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`
}

function inventoryOf({ hosts, clientKey, members }: Parts, more: Values): Values {
  const present = hosts.filter((_, index) => members.has(index))
  const inventory = {
    name: 'lab',
    release: 'standin',
    defaults: {
      user: hosts[0]?.sshd.user,
      identityFile: clientKey.file,
      ...(hosts[0]?.users !== null && { runAs: 'elastic' }),
    },
    hosts: Object.fromEntries(present.map(({ key, sshd }) => [key, { port: sshd.port }])),
    // A machine that runs all tests at once is no dead host.
    timeouts: { connect: '30s', status: '30s' },
  }
  return overlay(inventory, more)
}

function overlay(below: Values, above: Values): Values {
  const merged = { ...below }
  for (const [key, value] of Object.entries(above)) {
    const other = merged[key]
    merged[key] = isMapping(value) && isMapping(other) ? overlay(other, value) : value
  }
  return merged
}

function isMapping(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function pin(file: string, keys: Parameters<Lab['pin']>[0]): void {
  const hostKeys = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).hostKeys : {}
  writeFileSync(file, JSON.stringify({ version: 1, hostKeys: { ...hostKeys, ...keys } }))
}

function startsOf({ home }: LabHost): readonly string[] {
  const record = join(home, 'run/start.json')
  const present = existsSync(record) ? [JSON.parse(readFileSync(record, 'utf8')).id] : []
  const earlier = existsSync(join(home, 'logs')) ? readdirSync(join(home, 'logs')).filter((id) => /^\d/.test(id)) : []
  return [...new Set([...earlier.filter((id) => id !== '0'), ...present])].sort()
}
