import { createHash } from 'node:crypto'
import type { BigIntStats, Dirent } from 'node:fs'
import { lstat, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sha256 } from '../cluster/cluster.js'

/** What is below a folder, read without opening a file. */
export interface Tree {
  /** Absolute. */
  readonly root: string
  /** Sorted by path. */
  readonly entries: readonly Entry[]
  /** Changes when any file below the folder does: of paths, sizes, times, inodes and modes. */
  readonly fingerprint: Sha256
}

export interface Entry {
  /** Relative to the root, with `/`. */
  readonly path: string
  /** `other`: a socket, a device, a named pipe, or of a name that cannot be told. */
  readonly kind: 'file' | 'directory' | 'link' | 'other'
  /** Bytes; 0 unless it is a file. */
  readonly size: number
  /** Anybody may execute it. */
  readonly executable: boolean
  /** Where a link points; empty for anything else. */
  readonly target: string
  /** What the file system says of it; null for directories, whose times change with what is left out. */
  readonly stat: string | null
}

/** Reads a folder; paths that are not `wanted` are left out with all below them. Fails as the file system does. */
export async function readTree(root: string, wanted: (path: string) => boolean): Promise<Tree> {
  const entries: Entry[] = []
  await readFolder(root, '', wanted, entries)
  entries.sort((a, b) => (a.path < b.path ? -1 : 1))
  return { root, entries, fingerprint: fingerprintOf(entries) }
}

async function readFolder(root: string, folder: string, wanted: (path: string) => boolean, into: Entry[]) {
  const found = await readdir(join(root, folder), { withFileTypes: true })
  const paths = found.map((item) => ({ item, path: folder === '' ? item.name : `${folder}/${item.name}` }))
  await Promise.all(
    paths
      .filter(({ path }) => wanted(path))
      .map(async ({ item, path }) => {
        into.push(await entryOf(root, path, item))
        if (item.isDirectory() && !unreadable.test(path)) await readFolder(root, path, wanted, into)
      }),
  )
}

/** A name that is no UTF-8 comes with this in it, and is found by nobody then. */
const unreadable = /\uFFFD/

async function entryOf(root: string, path: string, item: Dirent): Promise<Entry> {
  const none = { path, size: 0, executable: false, target: '' }
  if (unreadable.test(path)) return { ...none, kind: 'other', stat: null }
  if (item.isDirectory()) return { ...none, kind: 'directory', stat: null }
  const stats = await lstat(join(root, path), { bigint: true })
  const stat = statLine(stats)
  if (stats.isSymbolicLink()) return { ...none, kind: 'link', target: await readlink(join(root, path)), stat }
  if (!stats.isFile()) return { ...none, kind: 'other', stat }
  return { ...none, kind: 'file', size: Number(stats.size), executable: (stats.mode & 0o111n) !== 0n, stat }
}

/** Everything about a file that changes when it is written, replaced or touched. */
export function statLine(stats: BigIntStats): string {
  return [stats.size, stats.mtimeNs, stats.ctimeNs, stats.ino, stats.mode].join(' ')
}

function fingerprintOf(entries: readonly Entry[]): Sha256 {
  const hash = createHash('sha256')
  for (const { path, stat, target } of entries) hash.update(`${JSON.stringify([path, stat, target])}\n`)
  return hash.digest('hex')
}
