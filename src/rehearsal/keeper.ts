import { dirname } from 'node:path'
import { systemWorld } from '../system-world.js'
import { startEmbeddedHost } from './embedded-server.js'
import { describeHosts, findRehearsal, type Rehearsal, type RehearsalHost, type ServedHost } from './files.js'
import { startSshd } from './sshd.js'

/*
 * A process of its own that serves the hosts of a rehearsal: `keeper.js DIRECTORY built-in|sshd`.
 * It prints `ready` when they listen, or `failed <why>`, and ends with its standard input unless that is none.
 */

type Served = ServedHost & AsyncDisposable

const starting = {
  'built-in': builtIn,
  sshd: (host: RehearsalHost, { publicKey }: Rehearsal) =>
    startSshd({ ...host, authorizedKey: publicKey, environment: environment() }),
} satisfies Record<string, (host: RehearsalHost, rehearsal: Rehearsal) => Promise<Served>>

export type HostKind = keyof typeof starting

async function serve(directory: string, kind: HostKind): Promise<void> {
  const rehearsal = findRehearsal(directory)
  if (rehearsal === undefined) throw new Error(`there is no rehearsal in ${directory}`)
  const served = await Promise.all(rehearsal.hosts.map((host) => starting[kind](host, rehearsal)))
  describeHosts(rehearsal, served)
  const end = (): void => {
    Promise.allSettled(served.map((host) => host[Symbol.asyncDispose]())).finally(() => process.exit(0))
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', () => undefined)
  if (process.argv[4] !== 'keep') process.stdin.on('end', end).resume()
  process.stdout.write('ready\n')
}

function builtIn(host: RehearsalHost, { publicKey }: Rehearsal): Promise<Served> {
  return startEmbeddedHost({ ...host, authorizedKey: publicKey, environment: environment(), world: systemWorld })
}

/** The hosts have no Node of their own but the one we run on. */
function environment(): Record<string, string> {
  return { PATH: `${dirname(process.execPath)}:${process.env.PATH ?? '/usr/bin:/bin'}` }
}

serve(process.argv[2] ?? '', (process.argv[3] ?? 'built-in') as HostKind).catch((error: Error) => {
  process.stdout.write(`failed ${error.message}\n`)
  process.exitCode = 1
})
