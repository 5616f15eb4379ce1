import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Platform } from '../trueno/release.js'
import type { World } from '../world.js'
import { type Clients, FetchError, type Ran } from './clients.js'
import { download } from './download.js'
import { layOutBackend } from './pip-backend.js'
import type { Remote } from './spec.js'
import type { Store } from './store.js'

export interface FetchContext {
  readonly clients: Clients
  readonly world: World
  readonly store: Store
  readonly platform: Platform
  readonly signal: AbortSignal
  /** What the client says, line by line. */
  readonly onLine: (line: string) => void
  readonly onBytes: (bytes: number, total: number | null) => void
}

/**
 * Fetches a source into an empty folder, with the client that its registry's users have: its mirrors, proxies and
 * credentials are those of the user. Gives the file. @throws FetchError
 */
export async function fetchSource(source: Remote, folder: string, context: FetchContext): Promise<string> {
  if (source.kind === 'url') return download(source.url, folder, context)
  await clientOf[source.kind](source as never, folder, context)
  return onlyFile(folder, source.kind)
}

const clientOf = {
  npm: async ({ name, version }, folder, context) => {
    const args = ['pack', `${name}@${version}`, '--ignore-scripts', '--pack-destination', folder]
    await succeed(['npm'], args, folder, context)
  },
  maven: async ({ artifact }, folder, context) => {
    const args = ['-B', '-ntp', copyGoal, `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`]
    await succeed(['mvn'], args, folder, context)
  },
  pypi: fetchPython,
} satisfies {
  [Kind in Exclude<Remote['kind'], 'url'>]: (
    source: Extract<Remote, { kind: Kind }>,
    folder: string,
    context: FetchContext,
  ) => Promise<void>
}

const copyGoal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy'

/** A wheel for the hosts' platform; else the source distribution, of which nothing is run. */
async function fetchPython(source: Extract<Remote, { kind: 'pypi' }>, folder: string, context: FetchContext) {
  const wanted = [
    'download',
    `${source.name}==${source.version}`,
    '--no-deps',
    '--progress-bar',
    'off',
    '--dest',
    folder,
  ]
  const tags = wheelTags[context.platform].flatMap((tag) => ['--platform', tag])
  const wheel = await runFirst(pips, [...wanted, '--only-binary', ':all:', ...tags], folder, context)
  if (wheel.code === 0) return
  const backend = join(folder, '.backend')
  await mkdir(backend)
  await layOutBackend(backend)
  const args = [...wanted, '--no-binary', ':all:', '--no-build-isolation', '--use-pep517']
  await succeed(pips, args, folder, context, { PYTHONPATH: backend })
}

/** Names of the client; the first that is there is used. */
const pips = ['pip3', 'pip']

const wheelTags = {
  'linux-x64': ['manylinux1_x86_64', 'manylinux2010_x86_64', 'manylinux2014_x86_64', 'manylinux_2_17_x86_64'],
  'linux-arm64': ['manylinux2014_aarch64', 'manylinux_2_17_aarch64'],
  'linux-x64-musl': ['musllinux_1_1_x86_64', 'musllinux_1_2_x86_64'],
  'linux-arm64-musl': ['musllinux_1_1_aarch64', 'musllinux_1_2_aarch64'],
} as const satisfies Record<Platform, readonly string[]>

async function succeed(
  programs: readonly string[],
  args: readonly string[],
  directory: string,
  context: FetchContext,
  environment?: Readonly<Record<string, string>>,
): Promise<void> {
  const ran = await runFirst(programs, args, directory, context, environment)
  if (ran.code !== 0)
    throw new FetchError(`${programs[0]} ${args[0] === '-B' ? 'failed' : `${args[0]} failed`}: ${lastWords(ran)}`)
}

async function runFirst(
  programs: readonly string[],
  args: readonly string[],
  directory: string,
  { clients, signal, onLine }: FetchContext,
  environment: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const onTold = (line: string): void => {
    if (isNews.test(line)) onLine(line.replace(/^\[\w+\] /, '').trim())
  }
  for (const program of programs) {
    const ran = await clients.run(program, args, { directory, environment, signal, onLine: onTold })
    if (ran !== null) return ran
  }
  throw new FetchError(`${programs.join(' or ')} is not installed here`)
}

/** Of all that clients say, what tells how far they are. */
const isNews = /\b(?:download|copying|collecting)/i

/** What a client said of its failure, on one line. */
export function lastWords({ stdout, stderr, code }: Ran): string {
  const lines = `${stdout}\n${stderr}`.split('\n').map((line) => line.trim())
  const telling = lines.filter((line) => /\berror\b/i.test(line) && !/help 1|re-run|full log|complete log/i.test(line))
  const words = (telling.length > 0 ? telling.slice(0, 3) : lines.filter((line) => line !== '').slice(-2)).join(' · ')
  return words === '' ? `exit code ${code}` : words.slice(0, 600)
}

async function onlyFile(folder: string, kind: string): Promise<string> {
  const files = (await readdir(folder)).filter((name) => !name.startsWith('.'))
  const [only] = files
  if (only === undefined || files.length > 1)
    throw new FetchError(`${kind} brought ${files.length} files instead of one: ${files.join(', ')}`)
  return join(folder, only)
}
