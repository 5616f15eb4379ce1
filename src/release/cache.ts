import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Release } from '../trueno/release.js'
import { isFileError } from './faults.js'

/**
 * What is kept on this machine so that nothing is read twice. Everything in it can be deleted at any time:
 *
 *     releases/<hash of the path>.json   what was read there, and how to tell that it is unchanged
 *     packages/<hash>/                   archives, unpacked
 *     artifacts/<sha256>.tar             parts of releases as they are sent
 *     artifacts/<sha256>.<its own sha256>.tar.gz
 */
export type CacheDirectory = string

/** To be raised whenever the same files would be read as another release: rules of content.ts, form of the tar, type of Release. */
const rules = 4

/** The release that was read from this path when its files were just so; undefined: not known. */
export async function findRelease(
  cache: CacheDirectory,
  path: string,
  fingerprint: string,
): Promise<Release | undefined> {
  const record = await readFile(recordFile(cache, path), 'utf8')
    .then(JSON.parse, () => null)
    .catch(() => null)
  return record?.rules === rules && record.fingerprint === fingerprint ? record.release : undefined
}

export async function keepRelease(cache: CacheDirectory, path: string, fingerprint: string, release: Release) {
  const file = recordFile(cache, path)
  await replacing(file, async (temporary) => {
    await writeFile(temporary, JSON.stringify({ rules, fingerprint, path, release }), { mode: 0o600 })
  })
  await keepNewest(dirname(file), 64)
}

function recordFile(cache: CacheDirectory, path: string): string {
  return join(cache, 'releases', `${shortHash(path)}.json`)
}

/** A name that stands for a text. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

/**
 * Makes a file or a folder under a temporary name and puts it in place at once, so that nobody ever sees half of it.
 * `make` is given a path that does not exist yet. Leaves nothing behind when it fails.
 */
export async function replacing(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  await addingTo(dirname(path), async (temporary) => {
    await make(temporary)
    return basename(path)
  })
}

/** The same, where only what was made tells its name. */
export async function addingTo(folder: string, make: (temporary: string) => Promise<string>): Promise<void> {
  await inScratch(folder, async (scratch) => {
    const name = await make(join(scratch, 'new'))
    await rename(join(scratch, 'new'), join(folder, name)).catch(unlessThere)
  })
}

/** Gives `work` an empty folder inside of `folder`; removed afterwards, at the latest by the next who does this there. */
export async function inScratch<T>(folder: string, work: (scratch: string) => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await sweep(folder)
  const scratch = await mkdtemp(join(folder, ownPrefix()))
  try {
    return await work(scratch)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

/** Another process was faster with the same folder. */
function unlessThere(error: unknown): void {
  if (!isFileError(error, 'ENOTEMPTY') && !isFileError(error, 'EEXIST')) throw error
}

/** What is used counts as new, so that it is not removed while it is. */
export async function keepUsed(path: string): Promise<void> {
  const now = new Date()
  await utimes(path, now, now).catch(unlessReadOnly)
}

function unlessReadOnly(error: unknown): void {
  if (!isFileError(error, 'EROFS') && !isFileError(error, 'EPERM') && !isFileError(error, 'EACCES')) throw error
}

/** Removes all but the newest of a folder. */
export async function keepNewest(folder: string, count: number): Promise<void> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.'))
  const aged = await Promise.all(names.map(async (name) => ({ name, time: await timeOf(join(folder, name)) })))
  const old = aged.sort((a, b) => b.time - a.time).slice(count)
  await Promise.all(old.map(({ name }) => rm(join(folder, name), { recursive: true, force: true })))
}

/** Milliseconds; 0 for what another process has just removed. */
async function timeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
}

/** Removes what processes of this machine that are gone have left unfinished. */
async function sweep(folder: string): Promise<void> {
  const left = (await readdir(folder)).map((name) => leftover.exec(name)).filter((match) => match !== null)
  const dead = left.filter(({ groups }) => groups?.machine === machine() && !isAlive(Number(groups.pid)))
  await Promise.all(dead.map(({ input }) => rm(join(folder, input), { recursive: true, force: true })))
}

const leftover = /^\.new-(?<machine>[0-9a-f]+)-(?<pid>\d+)-/

function ownPrefix(): string {
  return `.new-${machine()}-${process.pid}-`
}

function machine(): string {
  return shortHash(hostname())
}

/** A process of this machine. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
