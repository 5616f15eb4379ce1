import { exitCodes } from '../errors.js'
import { renderProblems, type TextOptions } from './failure.js'
import { type MarkName, marked } from './marks.js'
import { createPaint, type Paint } from './paint.js'
import type { ReporterOptions } from './reporter.js'
import type { PhaseState, ReportState, RunEnd } from './state.js'
import { wrap } from './text.js'
import { count, duration } from './units.js'
import { write } from './write.js'

export interface EndingOptions extends TextOptions {
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
  const page = { ...options, paint: createPaint(options.colour) }
  const end: Piece = state.end?.ok
    ? { to: 'stdout', text: successOf(state, state.end, page) }
    : { to: 'stderr', text: failureOf(state, page) }
  const pieces: readonly Piece[] = [
    { to: 'stdout', text: options.notes ? lines(state.notes, 1, page) : '' },
    { to: 'stderr', text: warningsOf(state, page) },
    end,
  ]
  return pieces.filter(({ text }) => text !== '')
}

interface Page extends Omit<EndingOptions, 'notes'> {
  readonly paint: Paint
}

/** Each piece is set apart by an empty line. */
export async function writeEnding(
  pieces: readonly Piece[],
  streams: Pick<ReporterOptions, 'stdout' | 'stderr'>,
): Promise<void> {
  for (const { to, text } of pieces) await write(streams[to], `\n${text}\n`)
}

function warningsOf({ problems }: ReportState, page: Page): string {
  const warnings = problems.filter(({ severity }) => severity === 'warning')
  return renderProblems(warnings, {
    ...page,
    more: true,
    heading: headLine('warning', count(warnings.length, 'warning'), page),
  })
}

/** Where to connect and what to type next come last. */
function successOf({ run }: ReportState, { ms, closing }: RunEnd, page: Page): string {
  const took = run === null ? [] : headLine('done', `${run.verb} took ${duration(ms)}`, page)
  return joined([...took, lines(closing, 1, page)], '\n')
}

function failureOf(state: ReportState, page: Page): string {
  const errors = state.problems.filter(({ severity }) => severity === 'error')
  const heading = headingOf(state, page)
  const told =
    errors.length === 0 ? heading.join('\n') : renderProblems(errors, { ...page, heading, more: state.run !== null })
  return joined([told, lines(state.end?.closing ?? [], 2, page)], errors.length === 0 ? '\n' : '\n\n')
}

/** That it was interrupted, and each phase that failed; if none did, the whole run. Usage errors need no heading. */
function headingOf({ end, run, phases }: ReportState, page: Page): readonly string[] {
  if (run === null || end === null) return []
  const isInterrupted = end.exitCode === exitCodes.interrupted
  const failed = phases.filter((phase) => phase.end?.outcome === 'failed').map(failureLine)
  const whole =
    failed.length === 0 && end.exitCode === exitCodes.failed ? [`${run.verb} failed after ${duration(end.ms)}`] : []
  return [
    ...(isInterrupted ? headLine('skipped', `${run.verb} was interrupted after ${duration(end.ms)}`, page) : []),
    ...[...failed, ...whole].flatMap((line) => headLine('failed', line, page)),
  ]
}

function failureLine({ title, rows, noun, end }: PhaseState): string {
  const failed = rows.filter(({ state }) => state === 'failed').length
  return failed === 0 ? `${title}: ${end?.summary}` : `${title} failed on ${failed} of ${count(rows.length, noun)}`
}

function headLine(name: MarkName, text: string, { columns, paint }: Page): readonly string[] {
  return wrap(text, columns - 3).map((part, index) => (index === 0 ? marked(name, part, paint) : `  ${part}`))
}

/** Lines keep the indentation they came with, also where they are broken. */
function lines(texts: readonly string[], indent: number, { columns }: Page): string {
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
