import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Sha256 } from '../cluster/cluster.js'
import { type Problem, UsageError } from '../errors.js'
import type { Artifact } from '../trueno/release.js'
import { addingTo, type CacheDirectory, keepNewest, keepUsed } from './cache.js'
import { cacheProblem, changedProblem, isFileError, isWithin } from './faults.js'
import { isWorthCompressing } from './sample.js'
import { type TarContent, tarOf } from './tar.js'

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

/** How many are kept: some releases' worth. */
const kept = 24

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

/** Makes the file of an artifact. UsageError: its content is not any more what was hashed. */
export async function makeWireFile(
  artifact: Artifact,
  content: TarContent,
  cache: CacheDirectory,
  signal: AbortSignal,
): Promise<WireFile> {
  const encoding = (await isWorthCompressing(content)) ? 'gz' : 'tar'
  let own: Sha256 = artifact.sha256
  await addingTo(folderOf(cache), async (temporary) => {
    const made = await writeTar(temporary, encoding, content, signal)
    if (made.tar !== artifact.sha256) throw new UsageError([differs(content.root, cache)])
    own = made.file
    return wireNameOf(artifact, encoding, own)
  })
  await keepNewest(folderOf(cache), kept)
  const path = join(folderOf(cache), wireNameOf(artifact, encoding, own))
  return { path, encoding, sha256: own, bytes: (await stat(path)).size }
}

/** Gives the sha256 of the tar and of the file that it is in. */
async function writeTar(
  path: string,
  encoding: Encoding,
  content: TarContent,
  signal: AbortSignal,
): Promise<{ tar: Sha256; file: Sha256 }> {
  const tar = hashing()
  const file = hashing()
  const from = tar.through(tarOf(content))
  const sink = createWriteStream(path, { mode: 0o600 })
  const written =
    encoding === 'gz'
      ? pipeline(from, createGzip(), (packed: AsyncIterable<Uint8Array>) => file.through(packed), sink, { signal })
      : pipeline(from, sink, { signal })
  await written.catch((error: unknown) => Promise.reject(signal.aborted ? signal.reason : error))
  const ofTar = tar.digest()
  return { tar: ofTar, file: encoding === 'gz' ? file.digest() : ofTar }
}

/** Looks at what goes through. */
function hashing(): { through(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>; digest(): Sha256 } {
  const hash = createHash('sha256')
  return {
    through: async function* (bytes) {
      for await (const chunk of bytes) {
        hash.update(chunk)
        yield chunk
      }
    },
    digest: () => hash.digest('hex'),
  }
}

function differs(root: string, cache: CacheDirectory): Problem {
  const ours = isWithin(root, cache)
  return ours ? cacheProblem(new Error(`files below ${root} were changed`), cache) : changedProblem(root)
}

function folderOf(cache: CacheDirectory): string {
  return join(cache, 'artifacts')
}

function wireNameOf(artifact: Artifact, encoding: Encoding, own: Sha256): string {
  return encoding === 'gz' ? `${artifact.sha256}.${own}.tar.gz` : `${artifact.sha256}.tar`
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
