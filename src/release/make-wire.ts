import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Sha256 } from '../cluster/cluster.js'
import { type Problem, UsageError } from '../errors.js'
import type { Artifact } from '../trueno/release.js'
import { addingTo, type CacheDirectory, keepNewest } from './cache.js'
import { cacheProblem, changedProblem, isWithin } from './faults.js'
import { isWorthCompressing } from './sample.js'
import { type TarContent, tarOf } from './tar.js'
import { type Encoding, folderOf, type WireFile } from './wire.js'

/** How many are kept: some releases' worth. */
const kept = 24

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

function wireNameOf(artifact: Artifact, encoding: Encoding, own: Sha256): string {
  return encoding === 'gz' ? `${artifact.sha256}.${own}.tar.gz` : `${artifact.sha256}.tar`
}
