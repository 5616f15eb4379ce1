import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sha256 } from '../cluster/cluster.js'
import type { Artifact } from '../trueno/release.js'
import { type CacheDirectory, keepUsed } from './cache.js'
import { isFileError } from './faults.js'

/** An artifact as it is sent: its tar, or that gzipped where it is worth the time. */
export interface WireFile {
  readonly path: string
  readonly encoding: Encoding
  /** Of the file itself. */
  readonly sha256: Sha256
  /** Size of the file. */
  readonly bytes: number
}

export type Encoding = 'tar' | 'gz'

/** The file that was made earlier for this artifact; null: none, or not a whole one. */
export async function findWireFile(artifact: Artifact, cache: CacheDirectory): Promise<WireFile | null> {
  for (const name of await namesIn(folderOf(cache))) {
    const { tar, own, encoding } = wireName.exec(name)?.groups ?? {}
    if (tar !== artifact.sha256) continue
    const path = join(folderOf(cache), name)
    const form = encoding === 'tar.gz' ? 'gz' : 'tar'
    const bytes = await wholeBytes(path, form, artifact.bytes)
    if (bytes === null) continue
    await keepUsed(path)
    return { path, encoding: form, sha256: own ?? tar, bytes }
  }
  return null
}

const wireName = /^(?<tar>[0-9a-f]{64})(?:\.(?<own>[0-9a-f]{64})\.(?=tar\.gz$)|\.(?=tar$))(?<encoding>tar(?:\.gz)?)$/

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (isFileError(error, 'ENOENT')) return []
    throw error
  })
}

export function folderOf(cache: CacheDirectory): string {
  return join(cache, 'artifacts')
}

/** Size of a file that holds all of the tar; null when it is not there or was cut short. */
async function wholeBytes(path: string, encoding: Encoding, tarBytes: number): Promise<number | null> {
  try {
    await using file = await open(path)
    const { size } = await file.stat()
    if (encoding === 'tar') return size === tarBytes ? size : null
    // A gzip ends with the size of what is in it, modulo 2^32.
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, Math.max(0, size - 4))
    return buffer.readUInt32LE() === tarBytes % 2 ** 32 ? size : null
  } catch (error) {
    if (isFileError(error, 'ENOENT')) return null
    throw error
  }
}
