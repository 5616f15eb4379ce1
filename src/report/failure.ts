import type { Problem } from '../errors.js'
import { nameHosts } from './host-list.js'
import { createPaint, type Paint } from './paint.js'
import { type SharedProblem, sharedProblems } from './same-problems.js'
import { sanitize } from './sanitize.js'
import { wrap } from './text.js'

/** How a text is to look. */
export interface TextOptions {
  readonly colour: boolean
  /** Columns of the terminal; no line is longer. */
  readonly columns: number
}

/**
 * Problems as a reader can act on them: host and title, then cause, evidence and remedy in one column. Equal ones of
 * several hosts are told once; errors come before warnings. Ends with a line break; empty when there are none.
 */
export function renderFailure(problems: readonly Problem[], { colour, columns }: TextOptions): string {
  const page = { paint: createPaint(colour), columns }
  const blocks = sharedProblems(problems).map((problem) => block(problem, page))
  return blocks.length === 0 ? '' : `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`
}

interface Page {
  readonly paint: Paint
  readonly columns: number
}

function block(shared: SharedProblem, page: Page): readonly string[] {
  const { cause, evidence, remedy } = shared.problem
  const seen = shared.evidenceDiffers ? `${evidence}\n(on ${shared.hosts[0]}; the others say something else)` : evidence
  return [
    ...titleOf(shared, page),
    ...field('cause', cause, page.paint.strong, page),
    ...field('evidence', seen, page.paint.faint, page),
    ...field('remedy', remedy, page.paint.strong, page),
  ]
}

function titleOf({ problem, hosts }: SharedProblem, { paint, columns }: Page): readonly string[] {
  const isError = problem.severity === 'error'
  const title = isError ? problem.title : `warning: ${problem.title}`
  const where = sanitize(nameHosts(hosts))
  const text = where === '' ? title : `${where}  ${title}`
  const [first = '', ...more] = wrap(sanitize(text).replaceAll('\n', ' '), columns - 4)
  const colour = isError ? paint.bad : paint.warn
  return [`  ${colour(first)}`, ...more.map((line) => `    ${colour(line)}`)]
}

/** Where the texts begin; on narrow screens below their names. */
const column = 14
const narrowest = 50

function field(name: string, text: string, colour: (text: string) => string, page: Page): readonly string[] {
  const clean = sanitize(text).trimEnd()
  if (clean === '') return []
  const isNarrow = page.columns < narrowest
  const indent = ' '.repeat(isNarrow ? 6 : column)
  const lines = clean.split('\n').flatMap((line) => wrap(line.trimEnd(), page.columns - indent.length - 1))
  const [first = '', ...more] = lines.map((line) => (name === 'evidence' ? colour(line) : line))
  const label = name === 'evidence' ? name : colour(name)
  const rest = more.map((line) => indent + line)
  if (isNarrow) return [`    ${label}`, indent + first, ...rest]
  return [`    ${label}${' '.repeat(column - 4 - name.length)}${first}`, ...rest]
}
