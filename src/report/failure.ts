import type { Problem } from '../errors.js'
import { nameAllHosts, nameHosts } from './host-list.js'
import { createPaint, type Paint } from './paint.js'
import { type SharedProblem, sharedProblems } from './same-problems.js'
import { oneLine, sanitize } from './sanitize.js'
import { widthOf, wrap } from './text.js'

/** How a text is to look. */
export interface TextOptions {
  readonly colour: boolean
  /** Columns of the terminal; no line is longer. */
  readonly columns: number
  /** Renders a command of a remedy so that, typed as it stands there, it is about the same cluster. Default: as it is. */
  readonly suggest?: (verb: string) => string
}

/**
 * Problems as a reader can act on them: host and title, then cause, evidence and remedy in one column. Equal ones of
 * several hosts are told once; errors come before warnings. Without a line break at its end; empty when there are none.
 * @param heading lines above them
 * @param more each with where to read more
 */
export function renderProblems(
  problems: readonly Problem[],
  { colour, columns, suggest = asItIs, heading = [], more = false }: TextOptions & ProblemsOptions,
): string {
  if (problems.length === 0) return ''
  const page = { paint: createPaint(colour), columns, suggest, more }
  const blocks = sharedProblems(problems).map((problem) => blockOf(problem, page))
  return [heading, ...blocks]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

interface ProblemsOptions {
  readonly heading?: readonly string[]
  readonly more?: boolean
}

interface Page {
  readonly paint: Paint
  readonly columns: number
  readonly suggest: (verb: string) => string
  readonly more: boolean
}

function blockOf(shared: SharedProblem, page: Page): readonly string[] {
  const { problem, hosts } = shared
  const { faint } = page.paint
  return [
    ...titleOf(shared, page),
    ...field('hosts', hosts.length > namedInTitle ? nameAllHosts(hosts) : '', page),
    ...field('cause', problem.cause, page),
    ...field('evidence', evidenceOf(shared), page, faint),
    ...field('remedy', inFull(problem.remedy, page), page, page.paint.strong),
    ...field('more', page.more ? `trueno-deploy explain ${problem.code}` : '', page, faint),
  ]
}

/** With the files that were typed; remedies name the verb alone, or with options. */
function inFull(remedy: string, { suggest }: Page): string {
  return remedy.replace(/(?<=`)trueno-deploy (\w+)(?=`| --)/g, (command, verb: string) =>
    ofCluster.has(verb) ? suggest(verb) : command,
  )
}

function asItIs(verb: string): string {
  return `trueno-deploy ${verb}`
}

const ofCluster: ReadonlySet<string> = new Set(['up', 'plan', 'status', 'down', 'check', 'trust', 'diagnose'])

/** Problems of which each host's evidence has to be seen: keys are compared one by one. */
const comparedOneByOne: ReadonlySet<string> = new Set(['host-key-unknown', 'host-key-changed', 'host-key-revoked'])

function evidenceOf({ problem, hosts, evidenceDiffers, evidences }: SharedProblem): string {
  if (comparedOneByOne.has(problem.code)) return evidences.join('\n')
  const evidence = problem.evidence.trim()
  return evidenceDiffers && evidence !== '' ? `${evidence}\n(on ${hosts[0]}; others differ in details)` : evidence
}

/** As many as `nameHosts` names without counting the rest. */
const namedInTitle = 3

/** Hosts and title on one line, or one below the other where they do not fit. */
function titleOf({ problem, hosts }: SharedProblem, { paint, columns }: Page): readonly string[] {
  const isError = problem.severity === 'error'
  const title = oneLine(isError ? problem.title : `warning: ${problem.title}`)
  const where = oneLine(nameHosts(hosts))
  const line = where === '' ? title : `${where}  ${title}`
  const parts = widthOf(line) <= columns - 3 ? [line] : [where, title].filter((part) => part !== '')
  const lines = parts.flatMap((part) => wrap(part, columns - 5))
  const colour = isError ? paint.bad : paint.warn
  return lines.map((text, index) => `${index === 0 ? '  ' : '    '}${colour(text)}`)
}

/** Where the texts begin; on narrow screens below their names. */
const column = 14
const narrowest = 50

/** Lines of the text are broken where they have to be, and never joined: evidence is shown as it was seen. */
function field(name: string, text: string, { paint, columns }: Page, colour = plain): readonly string[] {
  const clean = sanitize(text).trim()
  if (clean === '') return []
  const isNarrow = columns < narrowest
  const indent = ' '.repeat(isNarrow ? 6 : column)
  const [first = '', ...more] = wrap(clean, columns - indent.length - 1).map((line) => colour(line))
  const rest = more.map((line) => indent + line)
  if (isNarrow) return [`    ${paint.faint(name)}`, indent + first, ...rest]
  return [`    ${paint.faint(name)}${' '.repeat(column - 4 - name.length)}${first}`, ...rest]
}

function plain(text: string): string {
  return text
}
