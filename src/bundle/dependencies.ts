import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Sha256 } from '../cluster/cluster.js'
import { errorProblem, ProblemError } from '../errors.js'
import { inScratch, keepNewest } from '../release/cache.js'
import { isRecord, parse } from '../release/identify.js'
import { tarOf } from '../release/tar.js'
import { readTree } from '../release/tree.js'
import { unpack } from '../release/unpack.js'
import type { Platform } from '../trueno/release.js'
import { type Clients, FetchError } from './clients.js'
import { lastWords } from './fetchers.js'
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

/** How many are kept; each is some 20 MB. */
const kept = 8

/** One file for what was installed: copied thousands of files at a time, and the same whoever installed it. */
async function keepInstalled(scratch: string, path: string, signal: AbortSignal): Promise<string> {
  const { root, entries } = await readTree(scratch, isKept)
  const packed = join(scratch, 'packed.tgz')
  const tar = tarOf({ root, entries, to: '' })
  await pipeline(tar, createGzip({ level: 1 }), createWriteStream(packed, { mode: 0o600 }), { signal })
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await rename(packed, path)
  await keepNewest(dirname(path), kept)
  return path
}

/** What npm leaves for itself differs from machine to machine. */
function isKept(path: string): boolean {
  if (path !== 'node_modules' && !path.startsWith('node_modules/')) return false
  return !/^node_modules\/(?:\.package-lock\.json|\.cache|\.modules\.yaml)$/.test(path)
}

async function place(kept: string, into: string, signal: AbortSignal): Promise<void> {
  const opened = `${into}.node_modules`
  await unpack(kept, opened, { signal })
  await rename(join(opened, 'node_modules'), join(into, 'node_modules'))
}

async function findKept(
  manifest: Readonly<Record<string, unknown>>,
  lock: string,
  options: DependencyOptions,
): Promise<string | null> {
  const path = keptPath(manifest, lock, options)
  return stat(path).then(
    () => path,
    () => null,
  )
}

/** To be raised whenever the same lock would be installed otherwise. */
const rules = 1

function keptPath(
  { dependencies, overrides }: Readonly<Record<string, unknown>>,
  lock: string,
  { store, platform }: DependencyOptions,
): string {
  const key = JSON.stringify([rules, dependencies, overrides, platform, parse(lock)])
  return join(store.directory, 'dependencies', `${sha256(key)}.tgz`)
}

function sha256(text: string): Sha256 {
  return createHash('sha256').update(text).digest('hex')
}
