import { type HostLine, hostLines } from './host-lines.js'
import { marks } from './marks.js'
import type { Paint } from './paint.js'
import { chooseClock, type Look, phaseLine } from './phase-line.js'
import { rowText } from './row-text.js'
import type { HostRow, PhaseState, ReportState } from './state.js'
import { cut, cutMiddle, pad, widthOf, wrap } from './text.js'
import { count } from './units.js'

/** What a terminal offers. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

/** What is on the screen, as lines that fit it; the marks of the phases are left to the task list. */
export interface Screen {
  readonly head: readonly string[]
  /** One for each phase, in their order. */
  readonly phases: readonly PhaseLines[]
  readonly foot: readonly string[]
}

export interface PhaseLines {
  /** What stands behind the mark; empty: there is no room for this phase. */
  readonly title: string
  /** Its hosts, each a whole line. */
  readonly rows: readonly string[]
}

/** Draws a state at a time on a screen of a size. Pure, so that a replayed event file draws the same. */
export function layout(state: ReportState, now: number, size: Size, paint: Paint): Screen {
  const foot = footOf(state, size, paint)
  const head = size.rows < 10 ? [] : headOf(state, size, paint)
  const lines = size.rows - 1 - head.length - foot.length
  const look: Look = { now, paint, width: Math.min(size.columns - 1, widest), label: labelWidth(state, size) }
  return { head, foot, phases: phasesOf(state.phases, lines, size, look) }
}

/** Longer lines are not easier to read. */
const widest = 100
/** What is always left to phases, head and foot. */
const othersShare = 6
/** Lines for hosts that early phases make room for on a low screen. */
const fewestHosts = 4
const mostNotes = 4
const mostWarnings = 3

function phasesOf(phases: readonly PhaseState[], lines: number, { rows }: Size, look: Look): readonly PhaseLines[] {
  const kept = Math.max(1, lines - Math.min(fewestHosts, Math.floor(lines / 2)))
  const hidden = Math.max(0, phases.length - kept)
  let room = Math.min(Math.max(1, rows - othersShare), lines - (phases.length - hidden))
  return phases.map((phase, index) => {
    if (index < hidden) return { title: '', rows: [] }
    const below = rowsBelow(phase, look.now, room).map((line) => hostLine(line, look))
    room -= below.length
    return { title: phaseLine(phase, look), rows: below }
  })
}

/** Of a phase that is over only what failed stays; a phase of one host has it on its own line. */
function rowsBelow(phase: PhaseState, now: number, room: number): readonly HostLine[] {
  const shown = phase.end === null ? phase.rows : phase.rows.filter((row) => row.state === 'failed')
  const alone = phase.rows.length === 1 && phase.end === null
  return alone || !shown.some(tells) ? [] : hostLines(shown, now, room, phase.noun)
}

/** Before the first host has begun there is nothing to tell of any; why one failed may be told at the end only. */
function tells(row: HostRow): boolean {
  return row.state !== 'waiting' && (row.state === 'working' || rowText(row) !== '')
}

function hostLine({ mark, label, text, clocks }: HostLine, { paint, width, label: column }: Look): string {
  const name = pad(cutMiddle(label, column - 2), column - 2)
  const room = width - 7 - widthOf(name)
  const clock = chooseClock(text, clocks, room)
  const said = cut(text, clock === '' ? room : room - widthOf(clock) - 3)
  const tail = [said, clock].filter((part) => part !== '').join(' · ')
  return `   ${paint[mark.paint](mark.text)} ${name}  ${paint.faint(cut(tail, room))}`.trimEnd()
}

/** Titles and hosts stand in one column; it is as wide as they need, within limits. */
function labelWidth({ phases }: ReportState, { columns }: Size): number {
  const width = Math.min(columns - 1, widest)
  const titles = phases.map(({ title }) => widthOf(title))
  const hosts = phases.flatMap(({ rows }) => rows.map(({ host }) => widthOf(host) + 2))
  const needed = Math.max(width >= 60 ? 20 : 0, longest(titles), longest(hosts))
  return Math.min(needed, Math.floor(width * 0.45))
}

function longest(widths: readonly number[]): number {
  return widths.reduce((most, width) => Math.max(most, width), 0)
}

function headOf({ run }: ReportState, { columns }: Size, paint: Paint): readonly string[] {
  if (run === null) return []
  const { cluster, hosts, noun, release } = run
  const rest = [count(hosts, noun), ...(release === null ? [] : [`release ${release}`])].join(' · ')
  const line = cut(`${cluster} · ${rest}`, columns - 2)
  const name = line.slice(0, cluster.length)
  return [` ${paint.strong(name)}${line.slice(cluster.length)}`, '']
}

/** Warnings so far and what the user was told last; all of it comes once more, in full, when the run is over. */
function footOf(state: ReportState, { columns, rows }: Size, paint: Paint): readonly string[] {
  if (state.end !== null) return []
  const warnings = state.problems.filter(({ severity }) => severity === 'warning')
  const told = warnings.slice(-mostWarnings).map(({ host, title, cause }) => {
    const text = [host, `${title}: ${cause}`].filter((part) => part !== undefined).join('  ')
    return ` ${paint.warn(marks.warning.text)} ${cut(text, columns - 4)}`
  })
  const notes = state.notes.flatMap((note) => wrap(note, columns - 2)).slice(-mostNotes)
  const lines = [...told, ...notes.map((line) => ` ${line}`)]
  const foot = lines.slice(Math.max(0, lines.length - Math.max(0, rows - 8)))
  return foot.length === 0 ? [] : ['', ...foot]
}
