import { readFileSync } from 'node:fs'
import type { Event } from '../../src/engine/events.js'
import { emptyState, type ReportState, reduce } from '../../src/report/state.js'

export type Recorded =
  | 'up'
  | 'up-failed'
  | 'up-check-failed'
  | 'up-interrupted'
  | 'up-unreachable'
  | 'hostile'
  | 'bundle-failed'

/** The events of a run, as `--json` printed them. */
export function eventsOf(name: Recorded): readonly Event[] {
  const file = new URL(`events/${name}.jsonl`, import.meta.url)
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event)
}

export function stateAfter(events: readonly Event[]): ReportState {
  return events.reduce(reduce, emptyState)
}

/** Two streams that keep what is written to them. */
export function outputs(): { stdout: Kept; stderr: Kept } {
  return { stdout: kept(), stderr: kept() }
}

export interface Kept {
  text(): string
  write(text: string | Uint8Array, ...rest: unknown[]): boolean
}

function kept(): Kept {
  let written = ''
  return {
    text: () => written,
    write: (text, ...rest) => {
      written += text
      const done = rest.at(-1)
      if (typeof done === 'function') done()
      return true
    },
  }
}

/** Where the lines of a table are kept for people to look at. */
export function golden(name: string): string {
  return new URL(`golden/${name}.txt`, import.meta.url).pathname
}
