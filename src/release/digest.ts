import { createHash } from 'node:crypto'
import type { Sha256 } from '../cluster/cluster.js'
import type { Artifact } from '../trueno/release.js'
import { isIdentity } from './content.js'
import type { Part } from './parts.js'
import { type OnContent, tarOf } from './tar.js'
import type { Entry } from './tree.js'

/** What identifies a release, and its parts. */
export interface Digest {
  /** Of paths, x-bits, link targets and contents: a folder and any archive of it agree. */
  readonly id: Sha256
  readonly artifacts: readonly Artifact[]
}

/** Reads every file once, for the id of the release and for the hashes of its artifacts. */
export async function digest(root: string, parts: readonly Part[], signal?: AbortSignal): Promise<Digest> {
  const lines = collectLines()
  const artifacts: Artifact[] = []
  for (const part of parts) artifacts.push(await digestPart(root, part, lines.add, signal))
  const id = createHash('sha256').update(lines.end().sort().join('')).digest('hex')
  return { id, artifacts }
}

async function digestPart(root: string, part: Part, onContent: OnContent, signal?: AbortSignal): Promise<Artifact> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of tarOf({ root, entries: part.entries, to: part.to }, onContent)) {
    signal?.throwIfAborted()
    hash.update(chunk)
    bytes += chunk.length
  }
  return { sha256: hash.digest('hex'), name: part.name, bytes, to: part.to, for: part.for }
}

/** One line for each file and link, made of pieces of content that come file by file. */
function collectLines(): { add: OnContent; end(): string[] } {
  const lines: string[] = []
  let current = { entry: null as Entry | null, hash: createHash('sha256') }
  const finish = () => {
    if (current.entry !== null && counts(current.entry)) lines.push(lineOf(current.entry, current.hash.digest('hex')))
  }
  const add: OnContent = (entry, bytes) => {
    if (current.entry !== entry) {
      finish()
      current = { entry, hash: createHash('sha256') }
    }
    current.hash.update(bytes)
  }
  return {
    add,
    end: () => {
      finish()
      return lines
    },
  }
}

function counts(entry: Entry): boolean {
  return entry.kind !== 'directory' && isIdentity(entry.path)
}

function lineOf(entry: Entry, content: Sha256): string {
  const what = entry.kind === 'link' ? ['link', entry.target] : [entry.executable ? 'program' : 'file', content]
  return `${JSON.stringify([entry.path, ...what])}\n`
}
