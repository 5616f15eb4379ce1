import { randomInt } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import type { Cluster, Host, Role } from '../src/cluster/cluster.js'
import { invoke, packagedScripts } from '../src/ssh/scripts.js'
import { portsOf } from '../src/trueno/components.js'
import { type ClientKey, makeClientKey, type SshdHost, startSshd } from '../test/helpers/sshd.js'
import { endMarked } from './processes.js'

/** One host: an address of 127.0.0.0/8 with a directory of its own, behind a real sshd. */
export interface BenchHost {
  /** Its address, and its key in `cluster.json`. */
  readonly key: string
  readonly port: number
  readonly user: string
  /** `type base64`. */
  readonly hostKey: string
  readonly roles: readonly Role[]
  /** Our directory on it. */
  readonly home: string
  /** Arguments of the facts script. */
  readonly factsArgs: readonly string[]
  /** File with what is sent to `sh` to gather its facts: byte for byte what the tool sends. */
  readonly factsInput: string
}

/** A cluster to measure on, with the files of its user. Disposing ends all its processes and removes all its files. */
export interface BenchHosts extends AsyncDisposable {
  readonly directory: string
  readonly clusterFile: string
  readonly hosts: readonly BenchHost[]
  readonly key: ClientKey
  readonly knownHostsFile: string
}

/** sshd itself takes no more (MAX_LISTEN_SOCKS). */
const addressesPerSshd = 16

/** @param tools scripts that all hosts find before the tools of the same name */
export async function makeHosts(count: number, tools: Tools = {}): Promise<BenchHosts> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-'))
  const servers: SshdHost[] = []
  const dispose = async (): Promise<void> => {
    endMarked(directory)
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()))
    endMarked(directory)
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    const key = makeClientKey(directory, 'key')
    const environment = sessionEnvironment(directory, writeTools(directory, tools))
    for (const addresses of chunks(someAddresses(count), addressesPerSshd))
      servers.push(await startServer(addresses, directory, key, environment))
    const hosts = await hostsOf(servers, count, directory)
    const files = writeFiles(directory, hosts, key)
    return { directory, hosts, key, ...files, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

interface Server extends SshdHost {
  readonly addresses: readonly string[]
}

async function startServer(
  addresses: readonly string[],
  directory: string,
  key: ClientKey,
  environment: Record<string, string>,
): Promise<Server> {
  const [address = '', ...moreAddresses] = addresses
  const server = await startSshd({
    address,
    moreAddresses,
    home: directory,
    authorizedKey: key.publicKey,
    environment,
    // One sshd serves 16 hosts here; what it would let in to each of 16 is let in to all together.
    config: ['MaxStartups 2000', 'LogLevel INFO', 'Subsystem sftp internal-sftp'],
  })
  return { ...server, addresses }
}

/** Scripts by name. */
type Tools = Readonly<Record<string, string>>

/** Gives the folders that are looked into first. */
function writeTools(directory: string, tools: Tools): readonly string[] {
  const folder = join(directory, 'tools')
  const names = Object.keys(tools)
  if (names.length > 0) mkdirSync(folder)
  for (const name of names) writeFileSync(join(folder, name), tools[name] ?? '', { mode: 0o755 })
  return names.length > 0 ? [folder] : []
}

/** What a session on a host has. */
export function sessionEnvironment(directory: string, first: readonly string[] = []): Record<string, string> {
  const path = [...first, dirname(process.execPath), process.env.PATH ?? '']
  return { HOME: directory, PATH: path.join(':') }
}

async function hostsOf(servers: readonly SshdHost[], count: number, directory: string): Promise<readonly BenchHost[]> {
  const script = await packagedScripts(new URL('../../remote/', import.meta.url))('facts')
  const places = (servers as readonly Server[]).flatMap((server) => server.addresses.map((key) => ({ key, server })))
  const coordinator = places[0]?.key ?? ''
  return places.slice(0, count).map(({ key, server }, index) => {
    const host = { key, roles: rolesOf(index), member: true }
    const home = join(directory, `h${index}`, 'trueno')
    mkdirSync(dirname(home), { mode: 0o700 })
    const ports = portsOf(host as unknown as Host, { coordinator } as Cluster).map(({ port }) => String(port))
    const factsInput = join(directory, `h${index}`, 'facts.in')
    const factsArgs = [home, join(home, 'data'), key, ...ports, 'hostname']
    writeFileSync(factsInput, invoke(script, factsArgs).input)
    return {
      ...host,
      home,
      factsArgs,
      factsInput,
      port: server.port,
      user: server.user,
      hostKey: server.hostKeys[0] ?? '',
    }
  })
}

/** As in the example of Trueno's documentation, and no more index hosts in a large cluster. */
function rolesOf(index: number): readonly Role[] {
  if (index === 0) return ['master', 'compute']
  return index === 2 || index === 3 ? ['compute', 'backend', 'index'] : ['compute', 'backend']
}

function writeFiles(
  directory: string,
  hosts: readonly BenchHost[],
  key: ClientKey,
): Pick<BenchHosts, 'clusterFile' | 'knownHostsFile'> {
  const clusterFile = join(directory, 'cluster.json')
  const knownHostsFile = join(directory, 'known_hosts')
  const hostKeys = Object.fromEntries(hosts.map(({ key, port, hostKey }) => [`[${key}]:${port}`, [hostKey]]))
  writeFileSync(clusterFile, `${JSON.stringify(clusterOf(hosts), null, 2)}\n`)
  writeFileSync(join(directory, 'inventory.yaml'), stringify(inventoryOf(hosts, key)))
  writeFileSync(join(directory, 'trueno-deploy.lock.json'), JSON.stringify({ version: 1, hostKeys }))
  writeFileSync(
    knownHostsFile,
    Object.entries(hostKeys)
      .map(([name, [hostKey]]) => `${name} ${hostKey}\n`)
      .join(''),
  )
  return { clusterFile, knownHostsFile }
}

function clusterOf(hosts: readonly BenchHost[]): Record<string, Record<string, true>> {
  return Object.fromEntries(
    hosts.map(({ key, roles }) => [key, Object.fromEntries(roles.map((role) => [role, true as const]))]),
  )
}

function inventoryOf(hosts: readonly BenchHost[], key: ClientKey): Record<string, unknown> {
  return {
    name: 'bench',
    release: 'standin',
    defaults: { user: hosts[0]?.user, identityFile: key.file },
    hosts: Object.fromEntries(hosts.map(({ key, port, home }) => [key, { port, home, data: join(home, 'data') }])),
  }
}

function someAddresses(count: number): readonly string[] {
  const network = `127.${randomInt(64, 255)}`
  return Array.from({ length: count }, (_, index) => `${network}.${1 + Math.floor(index / 200)}.${40 + (index % 200)}`)
}

function chunks<T>(values: readonly T[], size: number): readonly T[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  )
}
