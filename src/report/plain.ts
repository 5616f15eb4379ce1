import { endingOf, writeEnding } from './ending.js'
import { createPaint } from './paint.js'
import { plainLines } from './plain-lines.js'
import type { Reporter, ReporterOptions } from './reporter.js'
import { emptyState, reduce } from './state.js'

/** One line for each event that tells something, with the seconds since the first. */
export function createPlainReporter(options: ReporterOptions): Reporter {
  const { stdout, verbose, colour } = options
  const paint = createPaint(colour)
  let state = emptyState
  let begun: number | null = null
  return {
    emit: (event) => {
      begun ??= event.time
      const before = state
      state = reduce(state, event)
      const stamp = paint.faint(`[${((event.time - begun) / 1000).toFixed(1)}s]`)
      for (const line of plainLines(event, { before, after: state, verbose, paint })) stdout.write(`${stamp} ${line}\n`)
    },
    aside: (work) => work(),
    finish: () => writeEnding(endingOf(state, { ...options, columns: options.columns(), notes: false }), options),
  }
}
