import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errorProblem, type Problem, ProblemError } from '../errors.js'
import type { Clients } from './clients.js'

/** What this machine's disk refused, as against what a network did. */
export function isDiskError(error: unknown): boolean {
  return codes.includes(codeOf(error))
}

function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(codeOf(error))
}

const codes = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EIO', 'EMFILE', 'ENOTDIR']

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

const mebibyte = 1024 * 1024

/** @throws ProblemError when the folder's disk has less than that free */
export async function needRoom(
  folder: string,
  bytes: number,
  what: string,
  { freeBytes }: Pick<Clients, 'freeBytes'>,
): Promise<void> {
  const free = await freeBytes(folder)
  if (free < bytes) throw new ProblemError([roomProblem(folder, free, `${what} takes about ${inMiB(bytes)}`)])
}

/** A disk that ran full while we wrote to it. */
async function fullProblem(folder: string, clients: Pick<Clients, 'freeBytes'>, message: string) {
  const free = await clients.freeBytes(dirname(folder))
  return roomProblem(folder, free, message)
}

function roomProblem(folder: string, free: number, evidence: string): Problem {
  return errorProblem({
    code: 'bundle-room',
    title: 'There is no room for the bundle on this machine',
    cause: `the disk of ${folder} has ${inMiB(free)} free`,
    evidence,
    remedy:
      'make room, or give another place with `--out DIR` (the cache is below XDG_CACHE_HOME); nothing was left there',
  })
}

function inMiB(bytes: number): string {
  return `${Math.ceil(bytes / mebibyte)} MiB`
}

function unwritableProblem({ message }: Error): Problem {
  return errorProblem({
    code: 'bundle-unwritable',
    title: 'The bundle cannot be written',
    cause: 'this machine refuses a file',
    evidence: message,
    remedy: 'give another place with `--out DIR`, or make it writable for you',
  })
}

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
}

/** What this machine's disk refused while a bundle was made, told as a problem; any other error as it is. */
export async function asDiskProblem(
  error: unknown,
  out: string,
  { clients, signal }: { readonly clients: Pick<Clients, 'freeBytes'>; readonly signal: AbortSignal },
): Promise<unknown> {
  if (signal.aborted) return signal.reason
  if (isDiskFull(error)) return new ProblemError([await fullProblem(out, clients, (error as Error).message)])
  return isDiskError(error) ? new ProblemError([unwritableProblem(error as Error)]) : error
}
