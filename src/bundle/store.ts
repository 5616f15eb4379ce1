import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Sha256 } from '../cluster/cluster.js'
import { keepNewest, keepUsed } from '../release/cache.js'

/** Where what was fetched is kept on this machine, each file by its content: `sources/<sha256>`. Can be deleted at any time. */
export interface Store {
  readonly directory: string
}

/** A file in the store. */
export interface Stored {
  readonly path: string
  readonly sha256: Sha256
  readonly bytes: number
}

/** Null: not there. Its content is what its name says, unless a disk or a person has changed it: that is found out here. */
export async function find(store: Store, sha256: Sha256): Promise<Stored | null> {
  const path = pathOf(store, sha256)
  const bytes = await sizeOf(path)
  if (bytes === null) return null
  if ((await hashOf(path)) !== sha256) {
    await rm(path, { force: true })
    return null
  }
  await keepUsed(path)
  return { path, sha256, bytes }
}

/** How many are kept: the parts of some releases. */
const kept = 32

/** Moves a file into the store; the oldest go when there are many. */
export async function keep(store: Store, file: string): Promise<Stored> {
  const sha256 = await hashOf(file)
  const path = pathOf(store, sha256)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await rename(file, path)
  await keepNewest(dirname(path), kept)
  return { path, sha256, bytes: (await sizeOf(path)) ?? 0 }
}

/** A small file is read at once, which is much faster where there are thousands. */
const smallBytes = 256 * 1024

/** @param bytes its size, where that is known */
export async function hashOf(path: string, bytes = Number.POSITIVE_INFINITY): Promise<Sha256> {
  if (bytes <= smallBytes)
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash)
  return hash.digest('hex')
}

function pathOf({ directory }: Store, sha256: Sha256): string {
  return join(directory, 'sources', sha256)
}

async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  )
}
