import type { CheckedHost, CheckReport } from '../cluster/check-report.js'
import { renderProblems, type TextOptions } from './failure.js'
import { fixText } from './fix-text.js'
import { countedHosts, withoutHost } from './host-list.js'
import { type MarkName, marked } from './marks.js'
import { createPaint, type Paint } from './paint.js'
import { reachLines } from './reach-table.js'
import { oneLine } from './sanitize.js'
import { alignCells } from './table.js'
import { wrap } from './text.js'
import { count } from './units.js'

export interface CheckOptions extends TextOptions {
  /** Each value of how each host is reached, also those that nobody has said. */
  readonly verbose: boolean
  /** Show what root can run to mend it. */
  readonly scripts: boolean
  /** The heading stands above already. Default: it does not. */
  readonly headed?: boolean
  /** The command that mends, without its `--fix`. */
  readonly mend: string
}

/** What the checks found, for people: hosts and how they are reached, then what is wrong, then the sum. Ends with a line break. */
export function renderCheck(report: CheckReport, options: CheckOptions): string {
  const page = { ...options, paint: createPaint(options.colour) }
  const hosts = options.verbose
    ? fullLines(report.hosts, page)
    : [...markLines(report.hosts, page), '', ...reachLines(report.hosts, page)]
  const problems = renderProblems(
    report.hosts.flatMap((host) => host.problems),
    { ...options, more: true },
  )
  const scripts = options.scripts && report.fixes.length > 0 ? [fixText(report.fixes)] : []
  const found = problems === '' ? [] : [problems, '']
  const head = options.headed ? [] : headOf(report, page)
  return `${[...head, '', ...hosts, '', ...found, ...scripts, ...sumOf(report, page)].join('\n')}\n`
}

interface Page extends CheckOptions {
  readonly paint: Paint
}

function headOf({ cluster, hosts, release }: CheckReport, { paint, columns }: Page): readonly string[] {
  const of = release === null ? 'no release' : `release ${release.slice(0, 7)}`
  const text = oneLine(`check ${cluster} · ${count(hosts.length, 'host')} · ${of}`)
  return wrap(text, columns - 3).map((line, index) => (index === 0 ? ` ${paint.strong(line)}` : `   ${line}`))
}

/** Hosts that are as well as each other, told together. */
function markLines(hosts: readonly CheckedHost[], { paint, columns }: Page): readonly string[] {
  return [...new Set(hosts.map(markOf))].flatMap((mark) => {
    const keys = hosts.filter((host) => markOf(host) === mark).map(({ host }) => host)
    const lines = wrap(oneLine(countedHosts(keys)), columns - 6)
    return lines.map((line, index) => (index === 0 ? ` ${marked(mark, line, paint)}` : `     ${line}`))
  })
}

function markOf({ reachable, problems }: CheckedHost): MarkName {
  if (!reachable || problems.some(({ severity }) => severity === 'error')) return 'failed'
  return problems.length > 0 ? 'warning' : 'done'
}

/** Every value; hosts that are reached in the very same way are told together. */
function fullLines(hosts: readonly CheckedHost[], page: Page): readonly string[] {
  const groups = new Map<string, CheckedHost[]>()
  for (const host of hosts) {
    const key = JSON.stringify([markOf(host), cellsOf(host), host.notes])
    groups.set(key, [...(groups.get(key) ?? []), host])
  }
  return [...groups.values()].flatMap((group) => groupLines(group, page))
}

function groupLines(group: readonly CheckedHost[], { paint, columns }: Page): readonly string[] {
  const [host] = group
  if (host === undefined) return []
  const cells = group.length === 1 ? cellsOf(host, host.host) : cellsOf(host)
  return [
    ` ${marked(markOf(host), oneLine(countedHosts(group.map((one) => one.host))), paint)}`,
    ...alignCells(cells).map((line) => `     ${paint.faint(line)}`),
    ...host.notes.flatMap((note) => wrap(oneLine(note), columns - 6)).map((line) => `     ${line}`),
  ]
}

function cellsOf({ host, ssh }: CheckedHost, word = 'HOST'): readonly (readonly string[])[] {
  return Object.entries(ssh).map(([name, { value, source }]) => [name, oneLine(withoutHost(value, host, word)), source])
}

function sumOf(report: CheckReport, { paint, columns, scripts, mend }: Page): readonly string[] {
  const { hosts } = report
  const problems = hosts.flatMap((host) => host.problems)
  const errors = problems.filter(({ severity }) => severity === 'error').length
  const warnings = problems.length - errors
  const found = [errors > 0 && count(errors, 'error'), warnings > 0 && count(warnings, 'warning')].filter(Boolean)
  const concerned = hosts.filter((host) => host.problems.length > 0).length
  const sum =
    found.length === 0
      ? 'Nothing was found that would make `up` fail.'
      : `${found.join(' and ')} on ${concerned} of ${count(hosts.length, 'host')}`
  const open = report.fixes.filter(({ done }) => !done).length > 0
  const way = scripts ? `Run that as root, or \`${mend} --fix --yes\`.` : `Some of it can be mended: ${mend} --fix`
  const notes = [...blindOf(report), ...(open ? [way] : [])]
  const mark: MarkName = errors > 0 ? 'failed' : warnings > 0 ? 'warning' : 'done'
  return [marked(mark, sum, paint), ...notes.flatMap((text) => wrap(text, columns - 3)).map((line) => `  ${line}`)]
}

/** What was not looked at. */
function blindOf({ release, hosts, ways: { all, tried } }: CheckReport): readonly string[] {
  const isReached = hosts.every(({ reachable }) => reachable)
  const why = isReached ? 'large clusters share them out' : 'hosts that are not reached cannot try'
  return [
    ...(release === null ? ['No release is given (--release PATH): what depends on it was not looked at.'] : []),
    ...(tried < all ? [`Of ${all} connections between hosts ${tried} were tried: ${why}.`] : []),
  ]
}
