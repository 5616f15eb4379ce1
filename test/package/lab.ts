import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { addHost, type NamespaceHost, namespaceUser, sharedPlace } from '../helpers/namespace-host.js'
import type { Ran } from '../helpers/namespace-machine.js'
import { makeNetwork, type Network } from '../helpers/namespaces.js'
import { type ClientKey, makeClientKey } from '../helpers/sshd.js'

/** Four hosts, a desk, and on it the files of a user who is about to deploy. */
export interface Lab extends AsyncDisposable {
  /** In the order of cluster.json; the first is the coordinator. */
  readonly hosts: readonly NamespaceHost[]
  /** Types a command of trueno-deploy at the desk. */
  type(...words: readonly string[]): Promise<Ran>
  /** A GET from the desk: the status, 0 when there is no answer. */
  get(url: string): Promise<number>
  /** The same with the answer's text; empty when there is none. */
  ask(url: string): Promise<{ readonly status: number; readonly text: string }>
}

export interface LabOptions {
  /** Empty; for whatever the lab needs. */
  readonly directory: string
  /** Folder or archive of a Trueno package. */
  readonly release: string
  /** First three bytes of the addresses. */
  readonly prefix: string
  /** JAVA_HOME to show the hosts; undefined: what they find by themselves. */
  readonly java?: string
  /** The built command line. */
  readonly bin: string
  /** Called with what the tool prints, piece by piece. */
  readonly onOutput: (text: string) => void
}

/** The example of Trueno's documentation. */
const roles = {
  40: { master: true, compute: true },
  41: { compute: true, backend: true },
  42: { compute: true, backend: true, index: true },
  43: { compute: true, backend: true, index: true },
}

export const balancerPort = 9000

export async function makeLab(options: LabOptions): Promise<Lab> {
  const network = await makeNetwork(options.prefix)
  try {
    return await furnish(network, options)
  } catch (error) {
    await network[Symbol.asyncDispose]()
    throw error
  }
}

async function furnish(network: Network, options: LabOptions): Promise<Lab> {
  const { directory, prefix, bin, onOutput } = options
  const desk = join(directory, 'desk')
  mkdirSync(desk, { mode: 0o700 })
  const key = makeClientKey(desk, 'key')
  const hosts: NamespaceHost[] = []
  for (const number of Object.keys(roles).map(Number)) hosts.push(await makeHost(network, number, key, options))
  writeUserFiles(desk, key.file, options)
  const env = { PATH: process.env.PATH, HOME: desk, TRUENO_DEPLOY_ONLY: `${prefix}.0/24`, LANG: 'C.UTF-8' }
  const atDesk = ['sh', '-c', 'cd "$0" && exec "$@"', desk]
  return {
    hosts,
    type: (...words) => network.desk.run([...atDesk, process.execPath, bin, ...words], { env, onOutput }),
    get: async (url) => (await ask(network, url)).status,
    ask: (url) => ask(network, url),
    [Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
  }
}

function makeHost(
  network: Network,
  number: number,
  { publicKey }: ClientKey,
  { directory, java }: LabOptions,
): Promise<NamespaceHost> {
  const own = join(directory, `host${number}`)
  mkdirSync(own)
  const mounts = java === undefined ? [] : [{ at: javaPlace, from: java }]
  return addHost(network, { directory: own, number, authorizedKey: publicKey, mounts })
}

const javaPlace = join(sharedPlace, 'java')

async function ask({ desk }: Network, url: string): ReturnType<Lab['ask']> {
  return JSON.parse((await desk.run([process.execPath, '-e', getter, url])).stdout)
}

const getter = `fetch(process.argv[1], { signal: AbortSignal.timeout(5000) })
  .then(async (answer) => ({ status: answer.status, text: await answer.text() }))
  .catch(() => ({ status: 0, text: '' }))
  .then((told) => console.log(JSON.stringify(told)))`

/** Heaps are small, since four hosts share the memory of one machine. */
function writeUserFiles(desk: string, identityFile: string, { prefix, release, java }: LabOptions): void {
  const cluster = Object.fromEntries(Object.entries(roles).map(([number, roles]) => [`${prefix}.${number}`, roles]))
  const heap = { elasticsearch: '256m', gremlin: '128m' }
  const inventory = {
    name: 'package-test',
    release,
    defaults: {
      user: namespaceUser,
      identityFile,
      java: { ...(java !== undefined && { home: javaPlace }), heap },
      spark: { daemonHeap: '256m', workerMemory: '512m' },
    },
    balancer: { host: `${prefix}.40`, sourcePort: balancerPort },
  }
  writeFileSync(join(desk, 'cluster.json'), `${JSON.stringify(cluster, null, 2)}\n`)
  writeFileSync(join(desk, 'inventory.json'), `${JSON.stringify(inventory, null, 2)}\n`)
}
