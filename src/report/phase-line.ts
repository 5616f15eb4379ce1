import type { Paint } from './paint.js'
import { rate, rowClocks, rowText, sentBytes } from './row-text.js'
import type { HostRow, PhaseState } from './state.js'
import { cut, pad, widthOf } from './text.js'
import { bytes, count, duration, wholeSeconds } from './units.js'

/** How lines are drawn: all that is the same for every line of a screen. */
export interface Look {
  readonly now: number
  readonly paint: Paint
  /** Columns of a whole line. */
  readonly width: number
  /** Columns of titles and hosts. */
  readonly label: number
}

/** A phase on one line, behind its mark: title, what it came to or how far it is, how long it took. */
export function phaseLine(phase: PhaseState, look: Look): string {
  const { paint, width, label } = look
  const title = pad(cut(phase.title, label), label)
  const room = width - 3 - widthOf(title) - 2
  const summary = summaryOf(phase, look.now)
  const clock = chooseClock(summary, clocksOf(phase, look.now), room)
  const left = room - (clock === '' ? 0 : widthOf(clock) + 2)
  return `${title}  ${pad(cut(summary, left), left)}  ${paint.faint(clock)}`.trimEnd()
}

/** The fullest form that leaves enough of the text. */
export function chooseClock(text: string, forms: readonly string[], room: number): string {
  const enough = Math.min(widthOf(text), leastText)
  return forms.find((form) => room - widthOf(form) - 3 >= enough) ?? forms.at(-1) ?? ''
}

const leastText = 12

function summaryOf(phase: PhaseState, now: number): string {
  const only = onlyRow(phase)
  const text = only === null ? '' : rowText(only)
  if (only !== null && text !== '') return `${only.host}  ${text}`
  return phase.end === null ? progressOf(phase, now) : phase.end.summary
}

/** The host of a phase that has just one, which then needs no line of its own. */
function onlyRow({ rows, end }: PhaseState): HostRow | null {
  const [row] = rows
  return row === undefined || rows.length > 1 || end?.outcome === 'skipped' ? null : row
}

/** What was said of the phase as a whole, else how many hosts are done, and how much was sent. */
function progressOf(phase: PhaseState, now: number): string {
  const over = phase.rows.filter(({ state }) => state !== 'waiting' && state !== 'working').length
  const sent = phase.rows.reduce((sum, row) => sum + sentBytes(row), 0)
  const speed = rate(sent, now - phase.startedAt)
  const many = phase.rows.length === 0 ? null : `${over} of ${count(phase.rows.length, phase.noun)}`
  const said = phase.progress ?? many
  const parts = [
    ...(said === null ? [] : [said]),
    ...(sent === 0 ? [] : [bytes(sent)]),
    ...(speed === null ? [] : [`${bytes(speed)}/s`]),
  ]
  return parts.join(' · ')
}

/** The hosts below a phase at work have clocks of their own. */
function clocksOf(phase: PhaseState, now: number): readonly string[] {
  const { end, startedAt, rows } = phase
  if (end !== null) return [duration(end.at - startedAt)]
  const only = onlyRow(phase)
  if (only?.state === 'working') return rowClocks(only, now)
  return rows.some(({ state }) => state === 'working') ? [] : [wholeSeconds(now - startedAt)]
}
