import { endingOf, writeEnding } from './ending.js'
import type { Reporter, ReporterOptions } from './reporter.js'
import { emptyState, reduce } from './state.js'

/** Nothing at all, unless it failed or was interrupted; then on standard error. */
export function createQuietReporter(options: ReporterOptions): Reporter {
  let state = emptyState
  return {
    emit: (event) => {
      state = reduce(state, event)
    },
    aside: (work) => work(),
    finish: async () => {
      if (state.end?.ok) return
      const problems = state.problems.filter(({ severity }) => severity === 'error')
      const pieces = endingOf({ ...state, problems }, { ...options, columns: options.columns(), notes: true })
      const told = pieces.map(({ text }) => ({ to: 'stderr', text }) as const)
      await writeEnding(told, options)
    },
  }
}
