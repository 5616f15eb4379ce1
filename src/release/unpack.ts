import { createReadStream } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract, type Header } from 'tar-stream'
import { isFileError } from './faults.js'
import { ArchiveError, generous, type Limits, SafeTree } from './safe-tree.js'
import { sniffBytes, whatIsFile } from './sniff.js'

export interface UnpackOptions {
  readonly signal?: AbortSignal | undefined
  /** Default: 500,000 entries and 16 GiB. */
  readonly limits?: Limits
}

/**
 * Unpacks a gzipped tar into a new folder. Nothing is ever written outside of it (SafeTree); devices, pipes and sockets
 * are refused. ArchiveError: it is not to be used. Errors of the file system come as they are. What was written by then
 * stays there.
 */
export async function unpack(
  archive: string,
  into: string,
  { signal, limits = generous }: UnpackOptions = {},
): Promise<void> {
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
  const writing = writeAll(tar as AsyncIterable<Source>, new SafeTree(into, limits))
  await Promise.all([reading.catch(failed), writing.catch(failed)])
  signal?.throwIfAborted()
  if (cause !== undefined) throw isFileError(cause) || cause instanceof ArchiveError ? cause : damaged(cause)
}

interface Source extends AsyncIterable<Uint8Array> {
  readonly header: Header
  resume(): unknown
}

async function refuseOthers(archive: string): Promise<void> {
  const kind = whatIsFile(await headOf(archive))
  if (kind !== null) throw new ArchiveError(`it is ${kind}`)
}

/** The first bytes of a file, by which it is known what it is. */
export async function headOf(path: string): Promise<Buffer> {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(sniffBytes), 0, sniffBytes, 0)
  return buffer.subarray(0, bytesRead)
}

async function writeAll(tar: AsyncIterable<Source>, tree: SafeTree): Promise<void> {
  for await (const source of tar) {
    await writeEntry(source, tree)
    source.resume()
  }
  await tree.finish()
}

async function writeEntry(source: Source, tree: SafeTree): Promise<void> {
  const { type, name, linkname, mode, size } = source.header
  if (type === 'directory') return tree.folder(name)
  if (type === 'symlink') return tree.link(name, linkname ?? '')
  if (type === 'link') return tree.again(name, linkname ?? '')
  if (type !== 'file' && type !== 'contiguous-file') throw new ArchiveError(`${name} in it is a ${type}`)
  await tree.file(name, source, size, ((mode ?? 0) & 0o111) !== 0)
}

export function damaged(cause: unknown): ArchiveError {
  return new ArchiveError(`it is damaged: ${cause instanceof Error ? cause.message : String(cause)}`)
}
