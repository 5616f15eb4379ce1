import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { OwnRuns } from '../engine/lease.js'

/**
 * Keeps a file for each run that holds a lease. What is left of one that was killed, or lost its hosts, lets the next run
 * take its lease at once. Where files cannot be written, nothing is remembered: then its lease is waited for.
 */
export function createOwnRuns(directory: string): OwnRuns {
  const fileOf = (run: string): string => join(directory, run)
  const note = (run: string, over: boolean): Promise<void> => keep(directory, fileOf(run), over).catch(() => undefined)
  return {
    begin: (run) => note(run, false),
    leave: (run) => note(run, true),
    forget: (run) => rm(fileOf(run), { force: true }).catch(() => undefined),
    hasEnded: (run) => hasEnded(fileOf(run)),
  }
}

/** A home may be shared by machines: on another one a number of a process means nothing. */
interface Note {
  readonly machine: string
  readonly pid: number
  readonly over: boolean
}

async function keep(directory: string, file: string, over: boolean): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await sweep(directory)
  const note: Note = { machine: hostname(), pid: process.pid, over }
  await writeFile(file, JSON.stringify(note), { mode: 0o600 })
}

/** A lease is anybody's long before its note is that old. */
const oldMs = 24 * 3600 * 1000

async function sweep(directory: string): Promise<void> {
  const files = (await readdir(directory)).map((name) => join(directory, name))
  const times = await Promise.all(files.map(async (file) => ({ file, at: (await stat(file)).mtimeMs })))
  const newest = Math.max(...times.map(({ at }) => at))
  for (const { file, at } of times) if (newest - at > oldMs) await rm(file, { force: true })
}

async function hasEnded(file: string): Promise<boolean> {
  try {
    const { machine, pid, over }: Note = JSON.parse(await readFile(file, 'utf8'))
    return machine === hostname() && (over || !lives(pid))
  } catch {
    return false
  }
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
