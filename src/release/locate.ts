import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errorProblem, UsageError } from '../errors.js'
import { type CacheDirectory, keepNewest, keepUsed, replacing, shortHash } from './cache.js'
import { isShipped } from './content.js'
import { isFileError } from './faults.js'
import { identify } from './identify.js'
import { ArchiveError } from './safe-tree.js'
import { readTree, statLine, type Tree } from './tree.js'

/** A release that was found. */
export interface Source {
  /** Absolute, links resolved. */
  readonly path: string
  /** Where somebody can change it, for people: the folder itself, or the one that the archive was packed from. */
  readonly origin: string
  /** Changes whenever any file of it does. */
  fingerprint(): Promise<string>
  /** Its files; those of an archive are unpacked first. Read once. UsageError: it is no Trueno package. */
  tree(): Promise<Tree>
}

export interface LocateOptions {
  readonly cacheDirectory: CacheDirectory
  readonly signal?: AbortSignal | undefined
}

/** Finds a release: a folder of a package, or an archive of one. Fails as the file system does. */
export async function locate(path: string, options: LocateOptions): Promise<Source> {
  const real = await realpath(path)
  const stats = await stat(real, { bigint: true })
  if (stats.isDirectory()) return folderSource(real)
  if (!stats.isFile()) throw archiveProblem(real, 'it is neither a file nor a folder')
  return archiveSource(real, statLine(stats), options)
}

/** @param path absolute, links resolved */
export function folderSource(path: string): Source {
  const tree = once(() => readPackage(path, path))
  return { path, origin: path, tree, fingerprint: async () => (await tree()).fingerprint }
}

function archiveSource(path: string, fingerprint: string, options: LocateOptions): Source {
  const tree = once(async () => readPackage(await packageIn(await unpackOnce(path, fingerprint, options)), path))
  return { path, origin: `the folder that ${path} was packed from`, tree, fingerprint: async () => fingerprint }
}

/** Looks what it is before it looks at everything in it: somebody may have given us his whole disk. */
async function readPackage(root: string, path: string): Promise<Tree> {
  await identify(root, path)
  return readTree(root, isShipped)
}

async function unpackOnce(archive: string, fingerprint: string, options: LocateOptions): Promise<string> {
  const packages = join(options.cacheDirectory, 'packages')
  const unpacked = join(packages, shortHash(`${archive}\n${fingerprint}`))
  if (await isThere(unpacked)) {
    await keepUsed(unpacked)
    return unpacked
  }
  const { unpack } = await import('./unpack.js')
  await replacing(unpacked, (temporary) => unpack(archive, temporary, options)).catch((error: unknown) => {
    throw error instanceof ArchiveError ? archiveProblem(archive, error.message) : error
  })
  await keepNewest(packages, 4)
  return unpacked
}

/** npm packs below `package/`, others below a folder of their own, some not below any. */
async function packageIn(unpacked: string): Promise<string> {
  const items = await readdir(unpacked, { withFileTypes: true })
  const [only] = items
  return items.length === 1 && only?.isDirectory() ? join(unpacked, only.name) : unpacked
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (isFileError(error, 'ENOENT')) return false
      throw error
    },
  )
}

function archiveProblem(path: string, fault: string): UsageError {
  const problem = errorProblem({
    code: 'release-corrupt',
    title: 'The release cannot be unpacked',
    cause: `${path} is not usable: ${fault}`,
    remedy: 'download or pack it again, or give the folder of the package; nothing of this one was used',
  })
  return new UsageError([problem])
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}
