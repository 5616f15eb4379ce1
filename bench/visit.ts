import { readFileSync } from 'node:fs'
import ssh2 from 'ssh2'
import type { Transport } from '../src/cluster/cluster.js'
import { createSsh } from '../src/ssh/connect.js'
import { ConnectionError } from '../src/ssh/errors.js'
import { parseNetworks } from '../src/ssh/networks.js'
import { packagedScripts } from '../src/ssh/scripts.js'
import { systemWorld } from '../src/system-world.js'
import type { BenchHost } from './hosts.js'

// The tool's SSH alone, as its verbs use it: look all hosts up, connect, run the facts script, close.
//
// usage: visit.js HOSTS-FILE SSH-CONFIG OPTIONS      prints what it did

/** How the hosts are visited, as JSON on the command line. */
export interface VisitOptions {
  readonly transport?: Transport
  /** `user@address:port`. */
  readonly proxyJump?: string
  /** Of the key that is configured. */
  readonly passphrase?: string
  /** Host keys beside those of the hosts, by name as known_hosts has it. */
  readonly hostKeys?: Readonly<Record<string, readonly string[]>>
}

/** What the visit prints. */
export interface Visited {
  readonly hosts: number
  /** Private keys that were decrypted. */
  readonly decryptions: number
  /** Milliseconds that took. */
  readonly decryptMs: number
}

const [hostsFile = '', configFile = '', given = '{}'] = process.argv.slice(2)
const hosts: readonly BenchHost[] = JSON.parse(readFileSync(hostsFile, 'utf8'))
const { transport, proxyJump, passphrase, hostKeys = {} }: VisitOptions = JSON.parse(given)
const decrypted = countDecryptions()
await visit()
process.stdout.write(`${JSON.stringify({ hosts: hosts.length, ...decrypted })}\n`)

async function visit(): Promise<void> {
  const own = hosts.map(({ key, port, hostKey }): [string, string[]] => [`[${key}]:${port}`, [hostKey]])
  await using ssh = createSsh({
    world: systemWorld,
    only: parseNetworks('127.0.0.0/8'),
    configFile,
    scripts: packagedScripts(new URL('../../remote/', import.meta.url)),
    pins: { keys: { ...hostKeys, ...Object.fromEntries(own) }, file: '' },
    ask: passphrase === undefined ? null : async () => passphrase,
  })
  const wanted = hosts.map(({ key, user, port }) => ({
    key,
    access: { ssh: key, user, port, ...(transport && { transport }), ...(proxyJump && { proxyJump }) },
  }))
  const opened = await ssh.openConnections(wanted)
  await Promise.all(hosts.map(({ key, factsArgs }) => gather(opened.get(key), factsArgs)))
  await Promise.all([...opened.values()].map((one) => one instanceof ConnectionError || one[Symbol.asyncDispose]()))
}

type Opened =
  Awaited<ReturnType<ReturnType<typeof createSsh>['openConnections']>> extends ReadonlyMap<string, infer V> ? V : never

async function gather(connection: Opened | undefined, args: readonly string[]): Promise<void> {
  if (connection === undefined || connection instanceof ConnectionError) throw connection
  const { stdout } = await connection.read('facts', args)
  if (!stdout.endsWith('\nend\n')) throw new Error(`${connection.host} said no facts:\n${stdout}`)
}

/** The library decrypts; it is watched from outside. */
function countDecryptions(): { decryptions: number; decryptMs: number } {
  const counts = { decryptions: 0, decryptMs: 0 }
  const parseKey = ssh2.utils.parseKey
  ssh2.utils.parseKey = (data, secret) => {
    const began = performance.now()
    const key = parseKey(data, secret)
    if (secret !== undefined && !(key instanceof Error)) {
      counts.decryptions += 1
      counts.decryptMs += performance.now() - began
    }
    return key
  }
  return counts
}
