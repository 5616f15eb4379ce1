import { join } from 'node:path'
import type { Sha256 } from '../cluster/cluster.js'
import type { Artifact, Release } from '../trueno/release.js'
import { findRelease, keepRelease } from './cache.js'
import { asUsageError, type Place } from './faults.js'
import { type LocateOptions, locate, type Source } from './locate.js'
import { type SharedFile, sharedFile } from './shared-file.js'
import { type Encoding, findWireFile, type WireFile } from './wire.js'
import { wireFiles } from './wire-files.js'

/** A release on this machine, from which its parts can be sent. Disposing it ends what is being made for it. */
export interface OpenRelease extends AsyncDisposable {
  readonly release: Release
  /** An artifact as it is sent; made when it is asked for first, which can take seconds. UsageError: it cannot be made any more. */
  open(sha256: Sha256): Promise<ArtifactFile>
}

interface ArtifactFile {
  /** `gz`: the tar whose sha256 names the artifact, gzipped. */
  readonly encoding: Encoding
  /** Of what goes over the wire. */
  readonly sha256: Sha256
  /** What goes over the wire. */
  readonly bytes: number
  /** Reads it from an offset to its end; can be called for each host, and is read once for all that keep up. */
  read(from?: number): AsyncIterable<Uint8Array>
}

export interface OpenOptions extends LocateOptions {
  /** Where trueno-deploy itself is installed: the stand-in is in it. */
  readonly packageRoot: string
}

/**
 * Opens the release at a path: the folder of a Trueno package or a .tgz of one; or `standin`, the packaged stand-in.
 * An unchanged one is known from the cache. UsageError: all that is wrong with it.
 */
export async function openRelease(path: string, options: OpenOptions): Promise<OpenRelease> {
  const wanted = path === 'standin' ? join(options.packageRoot, 'remote', 'standin') : path
  const place = { path: wanted, cacheDirectory: options.cacheDirectory }
  try {
    const source = await locate(wanted, options)
    const release = await readOnce(source, options)
    return await opened(source, release, options, place)
  } catch (error) {
    throw asUsageError(error, place)
  }
}

async function readOnce(source: Source, { cacheDirectory, signal }: OpenOptions): Promise<Release> {
  const fingerprint = await source.fingerprint()
  const known = await findRelease(cacheDirectory, source.path, fingerprint)
  if (known !== undefined) return known
  const { readRelease } = await import('./read-release.js')
  const release = await readRelease(source, signal)
  await keepRelease(cacheDirectory, source.path, fingerprint, release)
  return release
}

async function opened(source: Source, release: Release, options: OpenOptions, place: Place): Promise<OpenRelease> {
  const files = wireFiles(source, options)
  const shared = sharedFiles()
  const sized = await Promise.all(release.artifacts.map((artifact) => withWireBytes(artifact, options.cacheDirectory)))
  return {
    release: { ...release, artifacts: sized },
    open: async (sha256) => {
      const artifact = release.artifacts.find((candidate) => candidate.sha256 === sha256)
      if (artifact === undefined) throw new Error(`no artifact ${sha256} in release ${release.id}`)
      const file = await files.get(artifact).catch((error: unknown) => Promise.reject(asUsageError(error, place)))
      return {
        encoding: file.encoding,
        sha256: file.sha256,
        bytes: file.bytes,
        read: (from = 0) => shared(file).read(from),
      }
    },
    [Symbol.asyncDispose]: files.stop,
  }
}

/** One reader of each file, however many hosts it goes to. */
function sharedFiles(): (file: WireFile) => SharedFile {
  const readers = new Map<WireFile, SharedFile>()
  return (file) => {
    const reader = readers.get(file) ?? sharedFile(file.path, file.bytes)
    readers.set(file, reader)
    return reader
  }
}

async function withWireBytes(artifact: Artifact, cacheDirectory: string): Promise<Artifact> {
  const file = await findWireFile(artifact, cacheDirectory)
  return file === null ? artifact : { ...artifact, wireBytes: file.bytes }
}
