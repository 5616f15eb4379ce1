import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Sha256 } from '../cluster/cluster.js'
import { type Entry, readTree } from '../release/tree.js'
import { hashOf } from './store.js'

/** One file or link of a bundle, as its list of files has it. */
export interface Listed {
  readonly path: string
  readonly kind: 'file' | 'program' | 'link'
  readonly size: number
  /** Of the content; of a link, where it points. */
  readonly content: Sha256 | string
}

/** Names at the top of a bundle that tell of it and are no part of the release. */
export const manifestName = 'bundle.json'
export const listName = 'bundle.files'
export const sbomName = 'sbom.cdx.json'
const about: readonly string[] = [manifestName, listName, sbomName]

/** Everything in a bundle, sorted by path. Reads every file. */
export async function listFiles(root: string, signal?: AbortSignal): Promise<readonly Listed[]> {
  const { entries } = await readTree(root, (path) => !about.includes(path))
  const files = entries.filter(({ kind }) => kind !== 'directory')
  const listed: Listed[] = []
  for (const batch of batches(files)) {
    signal?.throwIfAborted()
    listed.push(...(await Promise.all(batch.map((entry) => listOne(root, entry)))))
  }
  return listed
}

async function listOne(root: string, { path, kind, size, executable, target }: Entry): Promise<Listed> {
  if (kind === 'link') return { path, kind: 'link', size: 0, content: target }
  const content = kind === 'file' ? await hashOf(join(root, path), size) : 'neither file, folder nor link'
  return { path, kind: executable ? 'program' : 'file', size, content }
}

function* batches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += 32) yield items.slice(start, start + 32)
}

/** As it is written: one line a file. */
export function renderList(files: readonly Listed[]): string {
  return files.map(({ path, kind, size, content }) => `${JSON.stringify([path, kind, size, content])}\n`).join('')
}

/** Null: it is no list of files. */
export function parseList(text: string): readonly Listed[] | null {
  try {
    const lines = text.split('\n').filter((line) => line !== '')
    return lines.map((line) => {
      const [path, kind, size, content] = JSON.parse(line)
      return { path, kind, size, content }
    })
  } catch {
    return null
  }
}

export function hashOfText(text: string): Sha256 {
  return createHash('sha256').update(text).digest('hex')
}
