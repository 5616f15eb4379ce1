import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Header, pack as newPack, type Pack } from 'tar-stream'
import { isEmptied } from './content.js'
import type { Entry } from './tree.js'

/** Files up to this size are read whole and several at a time. */
const smallBytes = 256 * 1024
const readAtOnce = 32

/** The same time for every file, so that the same content gives the same tar. Not 0: some versions of tar warn at 1970. */
const mtime = new Date('2000-01-01T00:00:00Z')

/** What goes into a tar: entries of a tree, and the folder that their paths in the tar are relative to. */
export interface TarContent {
  /** Absolute root of the tree. */
  readonly root: string
  /** Sorted; all of them below `to`. */
  readonly entries: readonly Entry[]
  /** Relative to the root; empty for the root itself. */
  readonly to: string
}

/** Is told the bytes of each file in the order of the tar, in one or more pieces; of an entry without bytes, an empty one. */
export type OnContent = (entry: Entry, bytes: Uint8Array) => void

/**
 * A tar that depends on names, contents, x-bits and links only: sorted, one time, no owner, modes 755 and 644.
 * The stream fails when a file cannot be read or has changed its size.
 */
export function tarOf(content: TarContent, onContent: OnContent = () => {}): AsyncIterable<Uint8Array> {
  const pack = newPack()
  fill(pack, content, onContent).then(
    () => pack.finalize(),
    (error: Error) => pack.destroy(error),
  )
  return pack as AsyncIterable<unknown> as AsyncIterable<Uint8Array>
}

async function fill(pack: Pack, content: TarContent, onContent: OnContent): Promise<void> {
  for (const batch of batchesOf(content.entries)) {
    const contents = await Promise.all(batch.map((entry) => readSmall(content.root, entry)))
    for (const [index, entry] of batch.entries()) {
      const bytes = contents[index]
      if (bytes === undefined || bytes === null) await addLarge(pack, content, entry, onContent)
      else await addSmall(pack, content, entry, bytes, onContent)
    }
  }
}

function* batchesOf(entries: readonly Entry[]): Generator<readonly Entry[]> {
  for (let start = 0; start < entries.length; start += readAtOnce) yield entries.slice(start, start + readAtOnce)
}

/** The file's bytes; null when it is too large to be held. */
async function readSmall(root: string, entry: Entry): Promise<Buffer | null> {
  if (entry.kind !== 'file' || isEmptied(entry.path)) return Buffer.alloc(0)
  return entry.size > smallBytes ? null : await readFile(join(root, entry.path))
}

function addSmall(pack: Pack, content: TarContent, entry: Entry, bytes: Buffer, onContent: OnContent): Promise<void> {
  onContent(entry, bytes)
  return new Promise((resolve, reject) => {
    const header = { ...headerOf(content, entry), size: bytes.length }
    if (entry.kind === 'file') pack.entry(header, bytes, (error) => (error ? reject(error) : resolve()))
    else pack.entry(header, (error) => (error ? reject(error) : resolve()))
  })
}

async function addLarge(pack: Pack, content: TarContent, entry: Entry, onContent: OnContent): Promise<void> {
  const file = createReadStream(join(content.root, entry.path), { highWaterMark: 1024 * 1024 })
  const sink = pack.entry(headerOf(content, entry))
  const closed = once(sink, 'close')
  closed.catch(() => {})
  for await (const bytes of file) {
    onContent(entry, bytes)
    // Whoever reads the tar may stop in the middle: then nothing drains any more.
    if (!sink.write(bytes)) await Promise.race([once(sink, 'drain'), closed])
    if (sink.destroyed) throw new Error('the tar is not wanted any more')
  }
  sink.end(null)
  await closed
}

function headerOf({ to }: TarContent, entry: Entry): Partial<Header> & Pick<Header, 'name'> {
  const name = to === '' ? entry.path : entry.path.slice(to.length + 1)
  const common = { name, mtime, uid: 0, gid: 0, uname: '', gname: '' }
  if (entry.kind === 'directory') return { ...common, type: 'directory', mode: 0o755 }
  if (entry.kind === 'link') return { ...common, type: 'symlink', linkname: entry.target, mode: 0o777 }
  return { ...common, type: 'file', size: entry.size, mode: entry.executable ? 0o755 : 0o644 }
}
