import { errorProblem, type Problem, UsageError } from '../errors.js'

export interface Place {
  /** The release as it was asked for. */
  readonly path: string
  readonly cacheDirectory: string
}

/** What the file system refused, told as a problem of the release or of the cache; any other error as it is. */
export function asUsageError(error: unknown, place: Place): unknown {
  return isFileError(error) ? new UsageError([problemOf(error, place)]) : error
}

/** A refusal of the file system for this reason. */
export function isFileError(error: unknown, code?: string): error is NodeJS.ErrnoException {
  const found = error instanceof Error && 'code' in error && 'syscall' in error ? error.code : undefined
  return typeof found === 'string' && (code === undefined || found === code)
}

function problemOf(error: NodeJS.ErrnoException, { path, cacheDirectory }: Place): Problem {
  if (isWithin(error.path ?? '', cacheDirectory) || full.includes(error.code ?? ''))
    return cacheProblem(error, cacheDirectory)
  if (missing.includes(error.code ?? ''))
    return error.path === path ? missingProblem(path) : changedProblem(path, error)
  return errorProblem({
    code: 'release-unreadable',
    title: 'The release cannot be read',
    cause: `${error.path ?? path} cannot be read`,
    evidence: error.message,
    remedy: 'make it readable for you, or give another release with `--release`',
  })
}

/** A path is a folder, or below it. */
export function isWithin(path: string, folder: string): boolean {
  return `${path}/`.startsWith(`${folder}/`)
}

const missing = ['ENOENT', 'ENOTDIR', 'ELOOP']
const full = ['ENOSPC', 'EDQUOT', 'EROFS']

function missingProblem(path: string): Problem {
  return errorProblem({
    code: 'release-missing',
    title: 'There is no such release',
    cause: `${path} does not exist`,
    remedy:
      'give the folder of a Trueno package, a .tgz of one, or the word `standin`: with `--release` or as `release:` in the inventory',
  })
}

/** Our own copies on this machine cannot be made, or are not what they were. */
export function cacheProblem(error: Error, cacheDirectory: string): Problem {
  return errorProblem({
    code: 'release-cache',
    title: 'The release cannot be prepared',
    cause: `the cache of trueno-deploy on this machine, ${cacheDirectory}, cannot be used`,
    evidence: error.message,
    remedy: 'make room there, make it writable for you, or delete it: everything in it is made again when it is needed',
  })
}

/** Files came and went while they were read. */
export function changedProblem(path: string, error?: Error): Problem {
  return errorProblem({
    code: 'release-changed',
    title: 'The release changed while it was read',
    cause: `files below ${path} were changed, added or removed in the meantime`,
    evidence: error?.message ?? '',
    remedy: 'wait until whatever writes there is done (npm install, a running Trueno), then try again',
  })
}
