import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorProblem, ProblemError } from '../errors.js'
import { inScratch } from '../release/cache.js'
import { isRecord, parse } from '../release/identify.js'
import type { Platform } from '../trueno/release.js'
import { type Clients, FetchError } from './clients.js'
import { lastWords } from './fetchers.js'
import { findKept, keepInstalled, keptPath, place } from './kept-dependencies.js'
import type { Store } from './store.js'

export interface DependencyOptions {
  readonly clients: Clients
  readonly store: Store
  readonly platform: Platform
  readonly signal: AbortSignal
  /** npm's lock of an earlier bundle; null: there is none. */
  readonly lock: string | null
  readonly say: (message: string) => void
}

export interface Installed {
  /** npm's lock, to be kept: the next bundle is the same with it. */
  readonly lock: string
  /** Installed now, or known from an earlier time. */
  readonly isNew: boolean
}

/**
 * Installs the production dependencies of a package.json as `into`/node_modules, with the user's own npm, its scripts off.
 * The same package.json and lock are installed once and kept. @throws ProblemError
 */
export async function installDependencies(
  manifest: Readonly<Record<string, unknown>>,
  into: string,
  options: DependencyOptions,
): Promise<Installed> {
  const known = options.lock === null ? null : await findKept(manifest, options.lock, options)
  if (known !== null) {
    await place(known, into, options.signal)
    return { lock: options.lock ?? '', isNew: false }
  }
  return inScratch(options.store.directory, async (scratch) => {
    const lock = await install(manifest, scratch, options)
    const kept = await keepInstalled(scratch, keptPath(manifest, lock, options), options.signal)
    await place(kept, into, options.signal)
    return { lock, isNew: true }
  })
}

async function install(
  manifest: Readonly<Record<string, unknown>>,
  folder: string,
  options: DependencyOptions,
): Promise<string> {
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, null, 2))
  if (options.lock !== null) await writeFile(join(folder, 'package-lock.json'), options.lock)
  await runNpm(folder, options)
  const lock = await readFile(join(folder, 'package-lock.json'), 'utf8').catch(() => '')
  return withoutAddresses(lock)
}

async function runNpm(directory: string, { clients, platform, signal, say }: DependencyOptions): Promise<void> {
  let answers = 0
  const onLine = (line: string): void => {
    if (/^npm http (?:fetch|cache)/.test(line) && ++answers % 100 === 0) say(`npm has ${answers} answers`)
  }
  const [os, cpu, libc = 'glibc'] = platform.split('-')
  const args = ['install', ...npmOptions, `--os=${os}`, `--cpu=${cpu}`, `--libc=${libc}`]
  const ran = await clients.run('npm', args, { directory, signal, onLine }).catch((error: unknown) => {
    throw error instanceof FetchError ? failed(error.message) : error
  })
  if (ran === null) throw failed('npm is not installed here')
  if (ran.code !== 0) throw failed(lastWords({ ...ran, stderr: withoutNoise(ran.stderr) }))
}

/** Its own layout is what Trueno needs: it finds its dependencies in its own node_modules, and some that it does not declare. */
const npmOptions = [
  '--omit=dev',
  '--ignore-scripts',
  '--install-strategy=hoisted',
  '--package-lock=true',
  '--omit-lockfile-registry-resolved=true',
  '--prefer-offline',
  '--no-audit',
  '--no-fund',
  '--loglevel=http',
]

function withoutNoise(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/^npm (?:http|warn)/i.test(line))
    .join('\n')
}

function failed(evidence: string): ProblemError {
  return new ProblemError([
    errorProblem({
      code: 'bundle-dependencies',
      title: "Trueno's dependencies cannot be installed",
      cause: 'npm did not bring what the package.json of Trueno names',
      evidence,
      remedy:
        'try `npm ping`; npm takes its registry, proxy and credentials from your own settings. A machine that has made this bundle once makes it again without network',
    }),
  ])
}

/** Where a package comes from is a matter of whoever installs it; its integrity is what counts. */
function withoutAddresses(lock: string): string {
  const document = parse(lock)
  const packages = document !== null && isRecord(document.packages) ? document.packages : null
  if (packages === null) throw failed('npm wrote no package-lock.json')
  for (const entry of Object.values(packages)) {
    const isRegistered = isRecord(entry) && typeof entry.integrity === 'string' && typeof entry.version === 'string'
    if (isRegistered) delete entry.resolved
  }
  return `${JSON.stringify(document, null, 2)}\n`
}
