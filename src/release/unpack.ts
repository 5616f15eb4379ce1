import { constants, createReadStream } from 'node:fs'
import { copyFile, mkdir, open, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract, type Header } from 'tar-stream'
import { isFileError } from './faults.js'
import { sniffBytes, whatIsFile } from './sniff.js'

/** Far above any release, far below what fills a disk by surprise. */
const limits = { entries: 500_000, bytes: 16 * 1024 ** 3, nameLength: 4096 }

/** An archive that is damaged, is none, or must not be unpacked. The message says why, for people. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError'
}

/**
 * Unpacks a gzipped tar into a new folder. Nothing is ever written outside of it: names and links must stay inside, and
 * links are made last, so that no file is written through one. Devices, pipes and sockets are refused.
 * ArchiveError: it is not to be used. Errors of the file system come as they are. What was written by then stays there.
 */
export async function unpack(archive: string, into: string, signal?: AbortSignal): Promise<void> {
  await refuseOthers(archive)
  await mkdir(into, { mode: 0o700 })
  const tar = extract()
  // Whichever end fails first takes the other down with it: its error is the cause.
  let cause: unknown
  const failed = (error: unknown) => {
    cause ??= error
  }
  const sink = tar as unknown as NodeJS.WritableStream
  const reading = pipeline(createReadStream(archive), createGunzip(), sink, signal ? { signal } : {})
  await Promise.all([reading.catch(failed), writeAll(tar as AsyncIterable<Source>, into).catch(failed)])
  signal?.throwIfAborted()
  if (cause !== undefined) throw isFileError(cause) || cause instanceof ArchiveError ? cause : damaged(cause)
}

interface Source extends AsyncIterable<Uint8Array> {
  readonly header: Header
  resume(): unknown
}

async function refuseOthers(archive: string): Promise<void> {
  const file = await open(archive)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(sniffBytes), 0, sniffBytes, 0)
    const kind = whatIsFile(buffer.subarray(0, bytesRead))
    if (kind !== null) throw new ArchiveError(`it is ${kind}`)
  } finally {
    await file.close()
  }
}

async function writeAll(tar: AsyncIterable<Source>, into: string): Promise<void> {
  const links: Link[] = []
  const total = { entries: 0, bytes: 0 }
  const folders = new Set<string>()
  for await (const source of tar) {
    count(total, source.header)
    await writeEntry(source, into, folders, links)
    source.resume()
  }
  for (const { path } of links) await makeFolder(into, dirname(path), folders)
  for (const link of links) await inOrder(link.path, symlink(link.target, join(into, link.path)))
}

interface Link {
  /** Inside the archive. */
  readonly path: string
  readonly target: string
}

async function writeEntry(source: Source, into: string, folders: Set<string>, links: Link[]): Promise<void> {
  const { type, name, linkname, mode } = source.header
  const path = safePath(name)
  if (type === 'directory') return makeFolder(into, path, folders)
  if (type === 'symlink') return void links.push({ path, target: safeTarget(path, linkname) })
  await makeFolder(into, dirname(path), folders)
  const target = join(into, path)
  if (type === 'link') return inOrder(path, copyFile(join(into, safePath(linkname)), target, constants.COPYFILE_EXCL))
  if (type !== 'file' && type !== 'contiguous-file') throw new ArchiveError(`${path} in it is a ${type}`)
  const executable = ((mode ?? 0) & 0o111) !== 0
  await inOrder(path, writeFile(target, source, { flag: 'wx', mode: executable ? 0o755 : 0o644 }))
}

async function makeFolder(into: string, path: string, made: Set<string>): Promise<void> {
  if (made.has(path)) return
  await inOrder(path, mkdir(join(into, path), { recursive: true, mode: 0o755 }))
  made.add(path)
}

/** The name of an entry, when it stays inside: relative and without `..`. */
function safePath(name: string): string {
  const parts = partsOf(name)
  if (name.length > limits.nameLength) throw new ArchiveError('a name in it is too long')
  if (name.startsWith('/') || name.includes('\0') || parts.includes('..'))
    throw new ArchiveError(`${JSON.stringify(name)} in it lies outside of the archive`)
  return parts.join('/') || '.'
}

/** The target of a link, when it stays inside: `..` only at its beginning, since behind another link it can lead anywhere. */
function safeTarget(path: string, target: string): string {
  const parts = partsOf(target)
  const down = parts.findIndex((part) => part !== '..')
  const up = down === -1 ? parts.length : down
  const depth = path.split('/').length - 1
  if (target.startsWith('/') || target.includes('\0') || up > depth || parts.slice(up).includes('..'))
    throw new ArchiveError(`${path} in it is a link to ${JSON.stringify(target)}, outside of the archive`)
  return target
}

function partsOf(name: string): readonly string[] {
  return name.split('/').filter((part) => part !== '' && part !== '.')
}

function count(total: { entries: number; bytes: number }, header: Header): void {
  total.entries += 1
  total.bytes += header.size
  if (total.entries > limits.entries || total.bytes > limits.bytes)
    throw new ArchiveError(`it unpacks to more than ${limits.entries} files or ${limits.bytes / 1024 ** 3} GiB`)
}

/** Two entries in each other's way are a fault of the archive, not of the disk. */
async function inOrder(path: string, writing: Promise<unknown>): Promise<void> {
  try {
    await writing
  } catch (error) {
    if (!conflicts.some((code) => isFileError(error, code))) throw error
    throw new ArchiveError(
      `${path} is in it twice, beside a name that differs only in case, or below something that is no folder`,
    )
  }
}

const conflicts = ['EEXIST', 'ENOENT', 'ENOTDIR', 'EISDIR']

function damaged(cause: unknown): ArchiveError {
  return new ArchiveError(`it is damaged: ${cause instanceof Error ? cause.message : String(cause)}`)
}
