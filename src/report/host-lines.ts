import { busyMark, type Mark, marks } from './marks.js'
import { rowClocks, rowText } from './row-text.js'
import type { HostRow } from './state.js'
import { count } from './units.js'

/** One line below a phase: a host, or several that are equal. */
export interface HostLine {
  readonly mark: Mark
  /** The host, or how many. */
  readonly label: string
  readonly text: string
  /** Elapsed and limit, or bytes and rate; the fullest form first. Empty: there is nothing to tell. */
  readonly clocks: readonly string[]
}

/**
 * At most `room` lines for the hosts of a phase: those that failed first, then those that have waited longest. Equal
 * ones are folded into one line as soon as there are a few of them; what still finds no room is counted.
 */
export function hostLines(rows: readonly HostRow[], now: number, room: number, noun: string): readonly HostLine[] {
  if (room < 1 || rows.length === 0) return []
  const groups = [4, 1].map((most) => group(rows, most)).find((folded) => folded.length <= room) ?? group(rows, 1)
  if (groups.length <= room) return groups.map((members) => lineOf(members, now, noun))
  const shown = groups.slice(0, room - 1)
  return [...shown.map((members) => lineOf(members, now, noun)), restOf(groups.slice(room - 1).flat())]
}

/** Groups of equal rows in the order they are shown; groups of up to `most` are taken apart again. */
function group(rows: readonly HostRow[], most: number): readonly (readonly HostRow[])[] {
  const groups = new Map<string, HostRow[]>()
  for (const row of rows.toSorted(byUrgency)) {
    const key = sameness(row)
    const members = groups.get(key)
    if (members === undefined) groups.set(key, [row])
    else members.push(row)
  }
  const apart = [...groups.values()].flatMap((members) =>
    members.length <= most ? members.map((row) => [row]) : [members],
  )
  return apart.sort(([one], [other]) => (one === undefined || other === undefined ? 0 : byUrgency(one, other)))
}

/** What is over is equal however it went; what works, when it does the same. */
function sameness(row: HostRow): string {
  const tells = row.state === 'working' || row.state === 'failed'
  return tells ? `${row.state} ${rowText(row)}` : row.state
}

const urgency = {
  failed: 0,
  working: 1,
  done: 2,
  skipped: 3,
  waiting: 4,
} as const satisfies Record<HostRow['state'], number>

function byUrgency(one: HostRow, other: HostRow): number {
  return urgency[one.state] - urgency[other.state] || (one.step?.startedAt ?? 0) - (other.step?.startedAt ?? 0)
}

function lineOf(members: readonly HostRow[], now: number, noun: string): HostLine {
  const [row] = members
  if (row === undefined) throw new Error('a group of rows has members')
  const mark = markOf(row, now)
  if (members.length === 1) return { mark, label: row.host, text: rowText(row), clocks: rowClocks(row, now) }
  return { mark, label: count(members.length, noun), ...many[row.state](row, now) }
}

/** What several say as one; of those that work, the clock of the one that has waited longest. */
const many = {
  failed: (row) => ({ text: rowText(row), clocks: [] }),
  working: (row, now) => ({ text: rowText(row), clocks: rowClocks(row, now) }),
  done: () => ({ text: '', clocks: [] }),
  skipped: () => ({ text: 'left out', clocks: [] }),
  waiting: (row) => ({ text: rowText(row), clocks: [] }),
} satisfies Record<HostRow['state'], (row: HostRow, now: number) => Pick<HostLine, 'text' | 'clocks'>>

function restOf(rows: readonly HostRow[]): HostLine {
  const states = Object.keys(urgency) as HostRow['state'][]
  const counts = states.map((state) => ({ state, number: rows.filter((row) => row.state === state).length }))
  const text = counts.filter(({ number }) => number > 0).map(({ state, number }) => `${number} ${state}`)
  return { mark: marks.waiting, label: `${rows.length} more`, text: text.join(', '), clocks: [] }
}

function markOf(row: HostRow, now: number): Mark {
  return row.state === 'working' ? busyMark(now) : marks[row.state]
}
