import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunAs } from '../../src/cluster/cluster.js'
import { createSsh, type Ssh, type SshOptions } from '../../src/ssh/connect.js'
import type { Connection } from '../../src/ssh/connection.js'
import { parseNetworks } from '../../src/ssh/networks.js'
import { systemWorld } from '../../src/system-world.js'
import { type ClientKey, makeClientKey } from '../helpers/sshd.js'

/** A host of a test, whatever serves it. */
export interface TestHost extends AsyncDisposable {
  readonly address: string
  readonly port: number
  /** `type base64` of each. */
  readonly hostKeys: readonly string[]
  /** HOME of whoever runs the scripts. Default: the one that was asked for. */
  readonly home?: string
  /** Cuts all connections without a word. */
  cut(): void
}

export interface HostOptions {
  /** HOME of the sessions. */
  readonly home: string
  /** `type base64` of the key that is let in. */
  readonly authorizedKey: string
}

/** One host, a key that it lets in, and the SSH configuration with which `ssh host` works. */
export interface Rig extends AsyncDisposable {
  readonly directory: string
  readonly home: string
  readonly host: TestHost
  readonly key: ClientKey
  readonly configFile: string
  readonly knownHostsFile: string
  /** The door to the host; all scripts are this text. */
  ssh(script?: string, options?: Partial<SshOptions>): Ssh
  /** A connection to `host`, closed with the rig at the latest. */
  connect(script?: string, options?: Partial<SshOptions>): Promise<Connection>
}

export const loopbackOnly = parseNetworks('127.0.0.0/8,::1')

/** How the doors of a rig are. */
export interface RigOptions extends Partial<SshOptions> {
  /** Default: ssh's own. */
  readonly user?: string
  readonly runAs?: RunAs
}

/** Starts a host and makes all that is needed to reach it in a directory of its own. `defaults` are for all its doors. */
export async function startRig(
  start: (options: HostOptions) => Promise<TestHost>,
  { user, runAs, ...defaults }: RigOptions = {},
): Promise<Rig> {
  const directory = mkdtempSync(join(tmpdir(), 'ssh-rig-'))
  const home = join(directory, 'home')
  mkdirSync(home)
  const key = makeClientKey(directory, 'id')
  const host = await start({ home, authorizedKey: key.publicKey })
  const knownHostsFile = join(directory, 'known_hosts')
  const configFile = join(directory, 'config')
  writeFileSync(knownHostsFile, knownHosts(host))
  writeFileSync(configFile, clientConfig({ directory, host, identity: key.file }))
  const opened: AsyncDisposable[] = []
  const ssh = (script = 'true', options: Partial<SshOptions> = {}): Ssh =>
    createSsh({
      world: systemWorld,
      only: loopbackOnly,
      configFile,
      scripts: async () => script,
      ...defaults,
      ...options,
    })
  const connect = async (script?: string, options?: Partial<SshOptions>): Promise<Connection> => {
    const door = ssh(script, options)
    const target = await door.resolve({ ssh: 'host', ...(user !== undefined && { user }) })
    const connection = await door.connect('host', target, { runAs })
    opened.push(connection, door)
    return connection
  }
  return {
    directory,
    home: host.home ?? home,
    host,
    key,
    configFile,
    knownHostsFile,
    ssh,
    connect,
    [Symbol.asyncDispose]: async () => {
      for (const one of opened) await one[Symbol.asyncDispose]()
      await host[Symbol.asyncDispose]()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export function knownHosts({ address, port, hostKeys }: Pick<TestHost, 'address' | 'port' | 'hostKeys'>): string {
  return hostKeys.map((key) => `[${address}]:${port} ${key}\n`).join('')
}

/** Nothing of the user who runs the test is in it: no agent, no keys, no known hosts. */
export function clientConfig({
  directory,
  host,
  identity,
}: Pick<Rig, 'directory' | 'host'> & { identity: string }): string {
  return [
    'Host host',
    `  HostName ${host.address}`,
    `  Port ${host.port}`,
    'Host *',
    `  IdentityFile ${identity}`,
    '  IdentityAgent none',
    `  UserKnownHostsFile ${directory}/known_hosts`,
    '  GlobalKnownHostsFile none',
    '',
  ].join('\n')
}
