import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { Connection } from '../../src/ssh/connection.js'
import { ConnectionError } from '../../src/ssh/errors.js'

/** Waits until `still` says no. The world outside this process has no events for it. */
export async function gone(still: () => boolean): Promise<void> {
  while (still()) await setTimeout(10)
}

/** Processes with `text` in their command line (words there are separated by NUL). */
export function processesWith(text: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && commandLine(name).includes(text))
    .map(Number)
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** The fault with which something ended, or what else it ended with. */
export async function faultOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    (value) => value,
    (error) => (error instanceof ConnectionError ? error.fault : error),
  )
}

/** The error with which something ended. */
export async function errorOf(work: Promise<unknown>): Promise<ConnectionError> {
  const outcome = await work.then(
    () => 'it did not fail',
    (error) => error,
  )
  if (outcome instanceof ConnectionError) return outcome
  throw outcome
}

/** Follows files and gathers `file line`. */
export function collectLines(connection: Connection, files: readonly string[]) {
  const found: string[] = []
  const stop = new AbortController()
  let wake = () => {}
  const onLine = (file: string, line: string) => {
    found.push(`${file} ${line}`)
    wake()
  }
  const done = connection.follow(files, { signal: stop.signal, onLine })
  const until = async (line: string): Promise<void> => {
    while (!found.includes(line)) {
      const next = new Promise<void>((resolve) => {
        wake = resolve
      })
      await Promise.race([next, done])
    }
  }
  return { lines: () => found, until, stop: () => stop.abort(), done }
}
