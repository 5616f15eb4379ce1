import { catalogue, entryOf, type Known } from '../catalogue/catalogue.js'
import { anchorOf } from '../catalogue/page.js'
import { suggestion } from '../config/suggest.js'
import { errorProblem, exitCodes, UsageError } from '../errors.js'
import { renderCodes, renderEntry } from '../report/catalogue-text.js'
import type { Outcome } from './context.js'
import type { VerbRun } from './verb-run.js'

/** Tells what a code means; without one, lists them all. Contacts nothing. @throws UsageError where there is no such code */
export function explain(run: VerbRun): Outcome {
  const { file: code, options } = run.typed
  const told = code === '' ? catalogue : known(code)
  run.print(options.json === true ? `${JSON.stringify(documentOf(told))}\n` : textOf(told, run))
  return { exitCode: exitCodes.done, closing: [] }
}

function known(code: string): Known {
  const entry = entryOf(code)
  if (entry !== undefined) return entry
  const codes = catalogue.map((one) => one.code)
  throw new UsageError([
    errorProblem({
      code: 'no-such-code',
      title: 'no such code',
      cause: `\`${code}\` is the code of no finding`,
      remedy: `${suggestion(code, codes)}\`trueno-deploy explain\` lists them all.`,
    }),
  ])
}

function documentOf(told: Known | readonly Known[]): object {
  return isList(told) ? { version: 1, problems: told.map(documented) } : { version: 1, ...documented(told) }
}

function documented(entry: Known): object {
  return { ...entry, documentation: anchorOf(entry) }
}

function textOf(told: Known | readonly Known[], run: VerbRun): string {
  return isList(told) ? renderCodes(told, run) : renderEntry(told, { ...run, page: anchorOf(told) })
}

function isList(told: Known | readonly Known[]): told is readonly Known[] {
  return Array.isArray(told)
}
