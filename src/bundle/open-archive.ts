import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ArchiveError, type Limits, SafeTree } from '../release/safe-tree.js'
import { whatIsFile } from '../release/sniff.js'
import { readTree } from '../release/tree.js'
import { headOf, type UnpackOptions, unpack } from '../release/unpack.js'
import { unzip } from '../release/unzip.js'

/** Far above any engine: what is larger is meant to fill a disk. */
const limits: Limits = { entries: 200_000, bytes: 4 * 1024 ** 3 }

/** Lays out a folder or an archive as a new folder. @throws ArchiveError, and errors of the file system */
export async function layOpen(path: string, into: string, signal: AbortSignal): Promise<void> {
  if ((await stat(path)).isDirectory()) return copy(path, into, signal)
  const { packed, what } = archiveKind(await headOf(path))
  if (packed === null) throw new ArchiveError(`it is ${what}`)
  await openers[packed](path, into, { signal, limits })
}

const openers = {
  tgz: unpack,
  zip: unzip,
} satisfies Record<string, (path: string, into: string, options: UnpackOptions) => Promise<void>>

/** How a file is packed, by its first bytes; null, and what it is instead. */
export function archiveKind(head: Buffer): { readonly packed: keyof typeof openers | null; readonly what: string } {
  if (head.subarray(0, 4).equals(zipMagic)) return { packed: 'zip', what: 'a zip' }
  const other = whatIsFile(head)
  return other === null ? { packed: 'tgz', what: 'a gzipped tar' } : { packed: null, what: other }
}

const zipMagic = Buffer.from('PK\x03\x04', 'latin1')

async function copy(folder: string, into: string, signal: AbortSignal): Promise<void> {
  const { entries } = await readTree(folder, (path) => !/(^|\/)\.git$/.test(path))
  const tree = new SafeTree(into, limits)
  await tree.folder('.')
  for (const { path, kind, size, executable, target } of entries) {
    signal.throwIfAborted()
    if (kind === 'other') throw new ArchiveError(`${path} in it is neither file, folder nor link`)
    if (kind === 'directory') await tree.folder(path)
    else if (kind === 'link') tree.link(path, target)
    else await tree.file(path, createReadStream(join(folder, path)), size, executable)
  }
  await tree.finish()
}
