import { createHash } from 'node:crypto'
import type { Sha256 } from '../cluster/cluster.js'
import type { Artifact, Space } from '../trueno/release.js'
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
  for await (const chunk of tarOf({ root, entries: part.entries, to: part.from }, onContent)) {
    signal?.throwIfAborted()
    hash.update(chunk)
    bytes += chunk.length
  }
  return {
    sha256: hash.digest('hex'),
    name: part.name,
    bytes,
    space: spaceOf(part.entries),
    to: part.to,
    for: part.for,
  }
}

/** What a tree takes in the store, and its folders once more in the release, whose files are links. */
function spaceOf(entries: readonly Entry[]): Space {
  const folders = entries.filter(({ kind }) => kind === 'directory').length
  const blocks = entries.reduce((sum, { kind, size }) => sum + (kind === 'file' ? Math.ceil(size / block) : 1), 0)
  return { bytes: (blocks + folders) * block, files: entries.length + folders }
}

const block = 4096

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
