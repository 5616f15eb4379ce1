import type { Stats } from 'node:fs'
import { constants, type FileHandle, open } from 'node:fs/promises'

/** What came of reading a file. */
export type FileReading =
  | { readonly kind: 'content'; readonly bytes: Uint8Array }
  | { readonly kind: 'missing' }
  | { readonly kind: 'tooLarge' }
  /** `detail`: what it is instead, `a directory`. */
  | { readonly kind: 'notAFile'; readonly detail: string }
  /** `detail`: why, in words. */
  | { readonly kind: 'unreadable'; readonly detail: string }

/** The seam between the configuration and the file system. The path is absolute. */
export type ReadFile = (path: string) => Promise<FileReading>

/** The largest configuration file that is read, in bytes: 1 MiB. */
export const largestFile = 1024 * 1024

/** Reads a file; never waits for a pipe, never throws. */
export const readRegularFile: ReadFile = async (path) => {
  try {
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    return await readOpenFile(handle)
  } catch (error) {
    return failedReading(error as NodeJS.ErrnoException)
  }
}

async function readOpenFile(handle: FileHandle): Promise<FileReading> {
  const stats = await handle.stat()
  if (!stats.isFile()) return { kind: 'notAFile', detail: kindOf(stats) }
  if (stats.size > largestFile) return { kind: 'tooLarge' }
  return { kind: 'content', bytes: await handle.readFile() }
}

function failedReading(error: NodeJS.ErrnoException): FileReading {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return { kind: 'missing' }
  if (error.code === 'ENXIO') return { kind: 'notAFile', detail: 'a socket or a device' }
  if (error.code === 'EACCES') return { kind: 'unreadable', detail: 'you have no right to read it' }
  return { kind: 'unreadable', detail: error.message }
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory'
  if (stats.isFIFO()) return 'a pipe'
  return 'a device'
}
