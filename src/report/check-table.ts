import type { CheckedHost, CheckReport } from '../cluster/check-report.js'
import type { HostKey } from '../cluster/cluster.js'
import { renderProblems, type TextOptions } from './failure.js'
import { fixText } from './fix-text.js'
import { nameAllHosts, withoutHost } from './host-list.js'
import { type MarkName, marked } from './marks.js'
import { createPaint, type Paint } from './paint.js'
import { reachText } from './reach-text.js'
import { oneLine } from './sanitize.js'
import { alignCells } from './table.js'
import { wrap } from './text.js'
import { count } from './units.js'

export interface CheckOptions extends TextOptions {
  /** Each value of how each host is reached, also those that nobody has said. */
  readonly verbose: boolean
  /** Show what root can run to mend it. */
  readonly scripts: boolean
  /** The command that mends, without its `--fix`. */
  readonly mend: string
}

/** What the checks found, for people: hosts and how they are reached, then what is wrong, then the sum. Ends with a line break. */
export function renderCheck(report: CheckReport, options: CheckOptions): string {
  const page = { ...options, paint: createPaint(options.colour) }
  const hosts = options.verbose
    ? report.hosts.flatMap((host) => fullLines(host, page))
    : groupsOf(report.hosts).flatMap((group) => groupLines(group, page))
  const problems = renderProblems(
    report.hosts.flatMap((host) => host.problems),
    { ...options, more: true },
  )
  const scripts = options.scripts && report.fixes.length > 0 ? [fixText(report.fixes)] : []
  const found = problems === '' ? [] : [problems, '']
  return `${[...headOf(report, page), '', ...hosts, '', ...found, ...scripts, ...sumOf(report, page)].join('\n')}\n`
}

interface Page extends CheckOptions {
  readonly paint: Paint
}

function headOf({ cluster, hosts, release }: CheckReport, { paint, columns }: Page): readonly string[] {
  const of = release === null ? 'no release' : `release ${release.slice(0, 7)}`
  const text = oneLine(`check ${cluster} · ${count(hosts.length, 'host')} · ${of}`)
  return wrap(text, columns - 3).map((line, index) => (index === 0 ? ` ${paint.strong(line)}` : `   ${line}`))
}

/** Hosts that are as well as each other and reached in the same way. */
interface Group {
  readonly hosts: readonly HostKey[]
  readonly mark: MarkName
  readonly reached: string
  readonly notes: readonly string[]
}

function groupsOf(hosts: readonly CheckedHost[]): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const host of hosts) {
    const one = { hosts: [host.host], mark: markOf(host), reached: reachedBy(host), notes: host.notes }
    const key = JSON.stringify({ ...one, hosts: null })
    const group = groups.get(key)
    groups.set(key, group === undefined ? one : { ...group, hosts: [...group.hosts, host.host] })
  }
  return [...groups.values()]
}

function markOf({ reachable, problems }: CheckedHost): MarkName {
  if (!reachable || problems.some(({ severity }) => severity === 'error')) return 'failed'
  return problems.length > 0 ? 'warning' : 'done'
}

const unsaid: ReadonlySet<string> = new Set(['default', 'cluster.json'])

/** Only what somebody has said. */
function reachedBy({ host, ssh, notes }: CheckedHost): string {
  const said = Object.entries(ssh).filter(([, { source }]) => !unsaid.has(source))
  return withoutHost(reachText({ values: Object.fromEntries(said), notes }), host, 'HOST')
}

function groupLines({ hosts, mark, reached, notes }: Group, { paint, columns }: Page): readonly string[] {
  const names = hosts.length > 3 ? `${count(hosts.length, 'host')}: ${nameAllHosts(hosts)}` : nameAllHosts(hosts)
  const below = [reached, ...notes].filter((text) => text !== '').map(oneLine)
  return [
    ...wrap(oneLine(names), columns - 6).map((line, index) =>
      index === 0 ? ` ${marked(mark, line, paint)}` : `     ${line}`,
    ),
    ...below.flatMap((text) => wrap(text, columns - 6)).map((line) => `     ${paint.faint(line)}`),
  ]
}

function fullLines(host: CheckedHost, { paint, columns }: Page): readonly string[] {
  const cells = Object.entries(host.ssh).map(([name, { value, source }]) => [name, oneLine(value), source])
  return [
    ` ${marked(markOf(host), oneLine(host.host), paint)}`,
    ...alignCells(cells).map((line) => `     ${paint.faint(line)}`),
    ...host.notes.flatMap((note) => wrap(oneLine(note), columns - 6)).map((line) => `     ${line}`),
  ]
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
function blindOf({ release, ways: { all, tried } }: CheckReport): readonly string[] {
  return [
    ...(release === null ? ['No release is given (--release PATH): what depends on it was not looked at.'] : []),
    ...(tried < all ? [`Of ${all} connections between hosts ${tried} were tried: large clusters share them out.`] : []),
  ]
}
