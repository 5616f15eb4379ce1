import type { Sha256 } from '../cluster/cluster.js'
import type { Artifact } from '../trueno/release.js'
import type { LocateOptions, Source } from './locate.js'
import { partsOf } from './parts.js'
import { findWireFile, type WireFile } from './wire.js'

/** The files of a release that are sent, each found or made once however many hosts ask for it at the same time. */
export interface WireFiles {
  get(artifact: Artifact): Promise<WireFile>
  /** Ends what is being made, and resolves when nothing of it is left. */
  stop(): Promise<void>
}

export function wireFiles(source: Source, { cacheDirectory, signal }: LocateOptions): WireFiles {
  const stopped = new AbortController()
  const ends = signal === undefined ? stopped.signal : AbortSignal.any([signal, stopped.signal])
  const made = new Map<Sha256, Promise<WireFile>>()
  const make = async (artifact: Artifact) => {
    const { makeWireFile } = await import('./make-wire.js')
    return makeWireFile(artifact, await contentOf(artifact, source), cacheDirectory, ends)
  }
  const find = async (artifact: Artifact) => (await findWireFile(artifact, cacheDirectory)) ?? make(artifact)
  const get = (artifact: Artifact) => {
    const file = made.get(artifact.sha256) ?? find(artifact)
    made.set(artifact.sha256, file)
    file.catch(() => made.delete(artifact.sha256))
    return file
  }
  const stop = async () => {
    stopped.abort()
    await Promise.allSettled(made.values())
  }
  return { get, stop }
}

async function contentOf(artifact: Artifact, source: Source) {
  const { root, entries } = await source.tree()
  const part = partsOf(entries).find(({ name }) => name === artifact.name)
  return { root, entries: part?.entries ?? [], to: part?.from ?? artifact.to }
}
