import { readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeBundle } from '../bundle/make.js'
import type { Manifest } from '../bundle/manifest.js'
import { realClients } from '../bundle/real-clients.js'
import { readTable, type SourceTable } from '../bundle/table.js'
import { parseNetworks } from '../ssh/networks.js'
import { systemWorld } from '../system-world.js'
import type { Platform } from '../trueno/release.js'
import { lockFileOf, readLockFile, writeLockFile } from './lock-file.js'
import { packageRoot, packageVersion } from './package-root.js'
import { cacheOf } from './session.js'
import type { VerbRun } from './verb-run.js'

/** Makes a release from its sources, as typed, in a folder. Its locks lie in the working directory, beside `cluster.json`. */
export async function makeRelease(run: VerbRun, out: string, name: string): Promise<Manifest> {
  const { io, emit, signal } = run
  const { source = [], flavour = '', platform } = run.typed.options
  const lock = lockFileOf(join(io.workingDirectory, 'cluster.json'))
  const { sources: locked = {} } = await readLockFile(lock)
  const table = await readTable(packageRoot)
  emit({
    kind: 'runStarted',
    verb: 'bundle',
    cluster: name,
    hosts: partsIn(table, flavour),
    noun: 'part',
    release: null,
  })
  return makeBundle(
    {
      table,
      sources: source,
      flavour,
      platform: platform as Platform,
      folder: io.workingDirectory,
      out,
      locked,
      npmLock: await readFile(npmLockOf(lock), 'utf8').catch(() => null),
      tool: packageVersion(),
      packageRoot,
    },
    {
      clients: realClients({
        world: systemWorld,
        environment: io.env,
        only: parseNetworks(io.env.TRUENO_DEPLOY_ONLY),
      }),
      world: systemWorld,
      emit,
      signal,
      cacheDirectory: join(cacheOf(io), 'bundle'),
      onFetched: (sources) => recordSources(lock, sources),
      onUnusable: (unusable) => forgetSources(lock, unusable),
      onNpmLock: (text) => recordNpmLock(lock, text),
    },
  )
}

function partsIn({ common, flavours }: SourceTable, flavour: string): number {
  return Object.keys(common).length + Object.keys(flavours[flavour]?.components ?? {}).length
}

async function recordSources(lock: string, sources: Readonly<Record<string, string>>): Promise<void> {
  const before = await readLockFile(lock)
  if (Object.keys(sources).every((source) => before.sources?.[source] !== undefined)) return
  const all = Object.entries({ ...before.sources, ...sources }).sort(([a], [b]) => (a < b ? -1 : 1))
  await writeLockFile(lock, { ...before, sources: Object.fromEntries(all) })
}

async function forgetSources(lock: string, unusable: readonly string[]): Promise<void> {
  const before = await readLockFile(lock)
  const sources = Object.entries(before.sources ?? {}).filter(([source]) => !unusable.includes(source))
  await writeLockFile(lock, { ...before, sources: Object.fromEntries(sources) })
}

/** npm's own form, in a file of its own: it has thousands of lines, and npm reads it. */
async function recordNpmLock(lock: string, text: string): Promise<void> {
  const path = npmLockOf(lock)
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
}

function npmLockOf(lock: string): string {
  return join(dirname(lock), 'trueno-deploy.npm-lock.json')
}
