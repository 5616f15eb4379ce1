import { mkdir } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'
import { type Entry, getFileNameLowLevel, openPromise, type ZipFile } from 'yauzl'
import { isFileError } from './faults.js'
import { ArchiveError, generous, SafeTree } from './safe-tree.js'
import { damaged, type UnpackOptions } from './unpack.js'

/** Unpacks a zip (a Python wheel is one) into a new folder; as `unpack` does with a tar. */
export async function unzip(
  archive: string,
  into: string,
  { signal, limits = generous }: UnpackOptions = {},
): Promise<void> {
  await mkdir(into, { mode: 0o700 })
  try {
    // Names are decoded by us: SafeTree says better what is wrong with them.
    const zip = await openPromise(archive, { lazyEntries: true, autoClose: false, decodeStrings: false })
    await writeAll(zip, new SafeTree(into, limits), signal).finally(() => zip.close())
  } catch (error) {
    signal?.throwIfAborted()
    throw isFileError(error) || error instanceof ArchiveError ? error : damaged(error)
  }
}

async function writeAll(zip: ZipFile, tree: SafeTree, signal: AbortSignal | undefined): Promise<void> {
  for await (const entry of zip.eachEntry()) {
    signal?.throwIfAborted()
    await writeEntry(zip, entry, tree)
  }
  await tree.finish()
}

async function writeEntry(zip: ZipFile, entry: Entry, tree: SafeTree): Promise<void> {
  const name = getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false)
  const mode = entry.externalFileAttributes >>> 16
  const type = mode & typeMask
  if (entry.isEncrypted()) throw new ArchiveError(`${name} in it is encrypted`)
  if (name.endsWith('/')) return tree.folder(name)
  if (type === link) return tree.link(name, await targetOf(zip, entry, name))
  if (type !== 0 && type !== file) throw new ArchiveError(`${name} in it is neither file, folder nor link`)
  const content = checked(await contentOf(zip, entry), entry, name)
  await tree.file(name, content, entry.uncompressedSize, (mode & 0o111) !== 0)
}

const typeMask = 0o170000
const file = 0o100000
const link = 0o120000
const longestTarget = 4096

/** The content of a link is where it points. */
async function targetOf(zip: ZipFile, entry: Entry, name: string): Promise<string> {
  if (entry.uncompressedSize > longestTarget) throw new ArchiveError(`the link ${name} in it is too long`)
  return text(await contentOf(zip, entry))
}

/** It may fail before anybody reads from it: whoever does is told then. */
async function contentOf(zip: ZipFile, entry: Entry): Promise<Readable> {
  const content = await zip.openReadStreamPromise(entry)
  return content.on('error', () => {})
}

/** The zip's own checksum finds what a damaged disk or transfer did; sizes are held by the reader. */
async function* checked(content: AsyncIterable<Uint8Array>, entry: Entry, name: string): AsyncIterable<Uint8Array> {
  let sum = 0
  for await (const bytes of content) {
    sum = crc32(bytes, sum)
    yield bytes
  }
  if (sum !== entry.crc32) throw new ArchiveError(`it is damaged: the checksum of ${name} is wrong`)
}
