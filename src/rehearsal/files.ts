import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { generateSshKeyPair } from './host-key.js'

/** What lies in the folder of a rehearsal; enough to find it again, and to take it down. */
export interface Rehearsal {
  /** Absolute: `cluster.json`, the inventory, the pinned host keys. */
  readonly directory: string
  /** Absolute and short, since pm2's sockets lie below: the homes of the hosts. */
  readonly homes: string
  readonly hosts: readonly RehearsalHost[]
  readonly publicKey: string
  /** Process that serves the hosts; 0 while there is none. */
  readonly keeper: number
}

export interface RehearsalHost {
  readonly address: string
  readonly home: string
}

/** The example of Trueno's documentation on addresses of this machine: Trueno's hosts dial each other by key. */
const clusterFile = `{
  "127.0.0.40": { "master": true, "compute": true },
  "127.0.0.41": { "compute": true, "backend": true },
  "127.0.0.42": { "compute": true, "backend": true, "index": true },
  "127.0.0.43": { "compute": true, "backend": true, "index": true }
}
`

/** Makes the folder of a rehearsal: the files a user would write, and a key to log in with. */
export function makeFiles(directory: string): Rehearsal {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const homes = mkdtempSync(join(tmpdir(), 'trueno-'))
  const hosts = Object.keys(JSON.parse(clusterFile)).map((address) => ({
    address,
    home: join(homes, address.split('.').at(-1) ?? ''),
  }))
  for (const { home } of hosts) mkdirSync(home, { mode: 0o700 })
  const { privateKey, publicKey } = generateSshKeyPair()
  writeFileSync(join(directory, 'key'), privateKey, { mode: 0o600 })
  writeFileSync(join(directory, 'cluster.json'), clusterFile)
  const rehearsal = { directory, homes, hosts, publicKey, keeper: 0 }
  remember(rehearsal)
  return rehearsal
}

export interface ServedHost {
  readonly address: string
  readonly port: number
  /** `type base64`. */
  readonly hostKey: string
}

/** The inventory and the pins of hosts that now listen. */
export function describeHosts({ directory }: Rehearsal, served: readonly ServedHost[]): void {
  const inventory = {
    name: 'rehearsal',
    release: 'standin',
    defaults: { identityFile: join(directory, 'key'), user: userInfo().username },
    // The stand-in's balancer, unlike Trueno's, can be kept to one address.
    hosts: Object.fromEntries(
      served.map(({ address, port }) => [address, { port, environment: { TRUENO_STANDIN_BIND: address } }]),
    ),
    balancer: { host: served[0]?.address ?? '', sourcePort: 9000 },
  }
  const hostKeys = Object.fromEntries(served.map(({ address, port, hostKey }) => [`[${address}]:${port}`, [hostKey]]))
  writeFileSync(join(directory, 'inventory.yaml'), stringify(inventory))
  writeFileSync(join(directory, 'trueno-deploy.lock.json'), `${JSON.stringify({ version: 1, hostKeys }, null, 2)}\n`)
}

export function remember(rehearsal: Rehearsal): void {
  writeFileSync(join(rehearsal.directory, 'rehearsal.json'), `${JSON.stringify(rehearsal, null, 2)}\n`)
}

/** What was left by `--keep`; undefined: nothing, or hosts whose homes are gone. */
export function findRehearsal(directory: string): Rehearsal | undefined {
  try {
    const left: Rehearsal = JSON.parse(readFileSync(join(directory, 'rehearsal.json'), 'utf8'))
    return existsSync(left.homes) ? left : undefined
  } catch {
    return undefined
  }
}

export function removeFiles({ directory, homes }: Rehearsal): void {
  rmSync(homes, { recursive: true, force: true })
  rmSync(directory, { recursive: true, force: true })
}
