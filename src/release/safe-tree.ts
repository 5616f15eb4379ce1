import { constants, copyFile, mkdir, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isFileError } from './faults.js'

/** An archive that is damaged, is none, or must not be unpacked. The message says why, for people. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError'
}

/** How much an archive may unpack to. */
export interface Limits {
  readonly entries: number
  readonly bytes: number
}

/** Far above any release, far below what fills a disk by surprise. */
export const generous: Limits = { entries: 500_000, bytes: 16 * 1024 ** 3 }

const longestName = 4096

/**
 * A new folder that entries of an archive are written into, in the archive's order. Nothing is ever written outside of
 * it: names and links must stay inside, and links are made last, so that no file is written through one.
 * ArchiveError: the archive is not to be used. Errors of the file system come as they are.
 */
export class SafeTree {
  readonly #into: string
  readonly #limits: Limits
  readonly #folders = new Set<string>()
  readonly #links: { readonly path: string; readonly target: string }[] = []
  #entries = 0
  #bytes = 0

  /** @param into a folder that does not exist yet; made with the first entry */
  constructor(into: string, limits: Limits = generous) {
    this.#into = into
    this.#limits = limits
  }

  async folder(name: string): Promise<void> {
    this.#count(0)
    await this.#make(safePath(name))
  }

  /** @param size as the archive says; content that is longer is refused by whoever reads the archive */
  async file(name: string, content: AsyncIterable<Uint8Array>, size: number, executable: boolean): Promise<void> {
    this.#count(size)
    const path = safePath(name)
    await this.#make(dirname(path))
    const mode = executable ? 0o755 : 0o644
    await inOrder(path, writeFile(join(this.#into, path), content, { flag: 'wx', mode }))
  }

  link(name: string, target: string): void {
    this.#count(0)
    const path = safePath(name)
    this.#links.push({ path, target: safeTarget(path, target) })
  }

  /** A second name of a file that was written before. */
  async again(name: string, of: string): Promise<void> {
    const path = safePath(name)
    const original = join(this.#into, safePath(of))
    await inOrder(
      path,
      stat(original).then(({ size }) => this.#count(size)),
    )
    await this.#make(dirname(path))
    await inOrder(path, copyFile(original, join(this.#into, path), constants.COPYFILE_EXCL))
  }

  /** To be called after the last entry. */
  async finish(): Promise<void> {
    for (const { path } of this.#links) await this.#make(dirname(path))
    for (const { path, target } of this.#links) await inOrder(path, symlink(target, join(this.#into, path)))
  }

  async #make(path: string): Promise<void> {
    if (this.#folders.has(path)) return
    await inOrder(path, mkdir(join(this.#into, path), { recursive: true, mode: 0o755 }))
    this.#folders.add(path)
  }

  #count(bytes: number): void {
    this.#entries += 1
    this.#bytes += bytes
    if (this.#entries > this.#limits.entries || this.#bytes > this.#limits.bytes)
      throw new ArchiveError(
        `it unpacks to more than ${this.#limits.entries} files or ${this.#limits.bytes / 1024 ** 3} GiB`,
      )
  }
}

/** The name of an entry, when it stays inside: relative and without `..`. */
function safePath(name: string): string {
  const parts = partsOf(name)
  if (name.length > longestName) throw new ArchiveError('a name in it is too long')
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
