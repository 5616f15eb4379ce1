import { createWriteStream } from 'node:fs'
import { mkdir, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { keepNewest, keepUsed } from '../release/cache.js'
import { parse } from '../release/identify.js'
import { tarOf } from '../release/tar.js'
import { readTree } from '../release/tree.js'
import { unpack } from '../release/unpack.js'
import type { Platform } from '../trueno/release.js'
import { hashOfText } from './files.js'
import type { Store } from './store.js'

/** What decides what is installed, beside package.json and lock. */
export interface Installing {
  readonly store: Store
  readonly platform: Platform
}

/** How many are kept; each is some 20 MB. */
const kept = 8

/** One file for what was installed: copied thousands of files at a time, and the same whoever installed it. */
export async function keepInstalled(scratch: string, path: string, signal: AbortSignal): Promise<string> {
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

export async function place(kept: string, into: string, signal: AbortSignal): Promise<void> {
  const opened = `${into}.node_modules`
  await unpack(kept, opened, { signal })
  await rename(join(opened, 'node_modules'), join(into, 'node_modules'))
}

export async function findKept(
  manifest: Readonly<Record<string, unknown>>,
  lock: string,
  installing: Installing,
): Promise<string | null> {
  const path = keptPath(manifest, lock, installing)
  const isThere = await stat(path).then(
    () => true,
    () => false,
  )
  if (isThere) await keepUsed(path)
  return isThere ? path : null
}

/** To be raised whenever the same lock would be installed otherwise. */
const rules = 1

export function keptPath(
  { dependencies, overrides }: Readonly<Record<string, unknown>>,
  lock: string,
  { store, platform }: Installing,
): string {
  const key = JSON.stringify([rules, dependencies, overrides, platform, parse(lock)])
  return join(store.directory, 'dependencies', `${hashOfText(key)}.tgz`)
}
