import type { Reporter, ReporterOptions } from './reporter.js'
import { terminalSafeJson } from './sanitize.js'
import { write } from './write.js'

/** JSON lines of the events exactly as they are, and nothing else. */
export function createJsonReporter({ stdout }: Pick<ReporterOptions, 'stdout'>): Reporter {
  return {
    emit: (event) => {
      stdout.write(`${terminalSafeJson(event)}\n`)
    },
    aside: (work) => work(),
    finish: () => write(stdout, ''),
  }
}
