import { exitCodes } from '../errors.js'
import { renderProblems } from './failure.js'
import { marked } from './marks.js'
import { createPaint, type Paint } from './paint.js'
import type { ReporterOptions } from './reporter.js'
import type { PhaseState, ReportState, RunEnd } from './state.js'
import { wrap } from './text.js'
import { count, duration } from './units.js'
import { write } from './write.js'

export interface EndingOptions {
  readonly colour: boolean
  readonly columns: number
  /** Also what was told in notes, where these did not stay on the screen. */
  readonly notes: boolean
}

/** Something to write at the end. */
export interface Piece {
  readonly to: 'stdout' | 'stderr'
  readonly text: string
}

/** What comes after the run: what was told in notes, warnings, what failed and how to go on, where to connect. */
export function endingOf(state: ReportState, options: EndingOptions): readonly Piece[] {
  const paint = createPaint(options.colour)
  const notes = options.notes ? state.notes : []
  const end = state.end?.ok
    ? ({ to: 'stdout', text: successOf(state, state.end, options, paint) } as const)
    : ({ to: 'stderr', text: failureOf(state, options, paint) } as const)
  const pieces: readonly Piece[] = [
    { to: 'stdout', text: lines(notes, 1, options) },
    { to: 'stderr', text: warningsOf(state, options, paint) },
    end,
  ]
  return pieces.filter(({ text }) => text !== '')
}

/** Each piece is set apart by an empty line. */
export async function writeEnding(
  pieces: readonly Piece[],
  streams: Pick<ReporterOptions, 'stdout' | 'stderr'>,
): Promise<void> {
  for (const { to, text } of pieces) await write(streams[to], `\n${text}\n`)
}

function warningsOf({ problems }: ReportState, options: EndingOptions, paint: Paint): string {
  const warnings = problems.filter(({ severity }) => severity === 'warning')
  const heading = [marked('warning', count(warnings.length, 'warning'), paint)]
  return renderProblems(warnings, { ...options, heading })
}

/** Where to connect and what to type next come last. */
function successOf({ run }: ReportState, { ms, closing }: RunEnd, options: EndingOptions, paint: Paint): string {
  const took = run === null ? [] : [marked('done', `${run.verb} took ${duration(ms)}`, paint)]
  return joined([...took, lines(closing, 1, options)], '\n')
}

function failureOf(state: ReportState, options: EndingOptions, paint: Paint): string {
  const errors = state.problems.filter(({ severity }) => severity === 'error')
  const heading = headingOf(state, paint)
  const told = errors.length === 0 ? heading.join('\n') : renderProblems(errors, { ...options, heading })
  return joined([told, lines(state.end?.closing ?? [], 2, options)], errors.length === 0 ? '\n' : '\n\n')
}

/** Each phase that failed, or else what was interrupted. Usage errors need no heading. */
function headingOf({ end, run, phases }: ReportState, paint: Paint): readonly string[] {
  if (run === null || end === null) return []
  const interrupted = end.exitCode === exitCodes.interrupted
  const failed = phases.filter((phase) => phase.end?.outcome === 'failed').map(failureLine)
  return [
    ...(interrupted ? [marked('skipped', `${run.verb} was interrupted after ${duration(end.ms)}`, paint)] : []),
    ...failed.map((line) => marked('failed', line, paint)),
    ...(!interrupted && failed.length === 0 && end.exitCode === exitCodes.failed
      ? [marked('failed', `${run.verb} failed after ${duration(end.ms)}`, paint)]
      : []),
  ]
}

function failureLine({ title, rows, end }: PhaseState): string {
  const failed = rows.filter(({ state }) => state === 'failed').length
  return failed === 0 ? `${title}: ${end?.summary}` : `${title} failed on ${failed} of ${count(rows.length, 'host')}`
}

/** Lines keep the indentation they came with, also where they are broken. */
function lines(texts: readonly string[], indent: number, { columns }: EndingOptions): string {
  const broken = texts
    .flatMap((text) => text.split('\n'))
    .flatMap((line) => {
      const start = ' '.repeat(indent) + (/^ */.exec(line)?.[0] ?? '')
      return wrap(line.trim(), columns - 1 - start.length).map((part) => `${start}${part}`.trimEnd())
    })
  return broken.join('\n')
}

function joined(parts: readonly string[], between: string): string {
  return parts.filter((part) => part !== '').join(between)
}
