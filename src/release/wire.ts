import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Sha256 } from '../cluster/cluster.js'
import { type Problem, UsageError } from '../errors.js'
import type { Artifact } from '../trueno/release.js'
import { type CacheDirectory, keepNewest, replacing } from './cache.js'
import { cacheProblem, changedProblem, isFileError, isWithin } from './faults.js'
import { isWorthCompressing } from './sample.js'
import { type TarContent, tarOf } from './tar.js'

/** An artifact as it is sent: its tar, or that gzipped where it is worth the time. */
export interface WireFile {
  readonly path: string
  readonly encoding: Encoding
  /** Size of the file. */
  readonly bytes: number
}

export type Encoding = 'tar' | 'gz'

/** How many are kept: some releases' worth. */
const kept = 24

/** The file that was made earlier for this artifact; null: none, or not a whole one. */
export async function findWireFile(artifact: Artifact, cache: CacheDirectory): Promise<WireFile | null> {
  for (const encoding of ['gz', 'tar'] as const) {
    const path = wirePath(artifact, encoding, cache)
    const bytes = await wholeBytes(path, encoding, artifact.bytes)
    if (bytes !== null) return { path, encoding, bytes }
  }
  return null
}

/** Makes the file of an artifact. UsageError: its content is not any more what was hashed. */
export async function makeWireFile(
  artifact: Artifact,
  content: TarContent,
  cache: CacheDirectory,
  signal: AbortSignal,
): Promise<WireFile> {
  const encoding = (await isWorthCompressing(content)) ? 'gz' : 'tar'
  const path = wirePath(artifact, encoding, cache)
  await replacing(path, async (temporary) => {
    const sha256 = await writeTar(temporary, encoding, content, signal)
    if (sha256 !== artifact.sha256) throw new UsageError([differs(content.root, cache)])
  })
  await keepNewest(join(cache, 'artifacts'), kept)
  return { path, encoding, bytes: (await stat(path)).size }
}

/** Gives the sha256 of the tar. */
async function writeTar(file: string, encoding: Encoding, content: TarContent, signal: AbortSignal): Promise<Sha256> {
  const hash = createHash('sha256')
  const tar = async function* () {
    for await (const chunk of tarOf(content)) {
      hash.update(chunk)
      yield chunk
    }
  }
  const sink = createWriteStream(file, { mode: 0o600 })
  const written = encoding === 'gz' ? pipeline(tar, createGzip(), sink, { signal }) : pipeline(tar, sink, { signal })
  await written.catch((error: unknown) => Promise.reject(signal.aborted ? signal.reason : error))
  return hash.digest('hex')
}

function differs(root: string, cache: CacheDirectory): Problem {
  const ours = isWithin(root, cache)
  return ours ? cacheProblem(new Error(`files below ${root} were changed`), cache) : changedProblem(root)
}

function wirePath(artifact: Artifact, encoding: Encoding, cache: CacheDirectory): string {
  return join(cache, 'artifacts', `${artifact.sha256}.${encoding === 'gz' ? 'tar.gz' : 'tar'}`)
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
