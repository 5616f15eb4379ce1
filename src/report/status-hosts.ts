import type { ClusterState, ComponentStatus, HostStatus, Status } from '../cluster/status.js'
import { type Mark, marks } from './marks.js'
import type { Paint } from './paint.js'
import { oneLine } from './sanitize.js'
import { alignCells } from './table.js'
import { cutMiddle, pad, widthOf } from './text.js'
import { count, upTime } from './units.js'

export interface StatusPage {
  readonly paint: Paint
  readonly columns: number
  /** Lines that hosts may take; absent: as many as there are hosts. */
  readonly room?: number | undefined
}

/** Hosts × components as a table; where that is too wide each host has lines of its own. */
export function hostsOf(status: Status, page: StatusPage): readonly string[] {
  const told = chosen(status.hosts, page.room)
  const differs = releasesDiffer(status)
  const tables = [{ state: true }, { state: false }].map((options) =>
    tableOf(told, { ...options, differs }, page.paint),
  )
  const table = tables.find((lines) => lines.every((line) => widthOf(line) < page.columns))
  const lines = table ?? told.flatMap((host) => blockOf(host, differs, page))
  const rest = status.hosts.filter((host) => !told.includes(host))
  return rest.length === 0 ? lines : [...lines, page.paint.faint(restLine(rest))]
}

function restLine(rest: readonly HostStatus[]): string {
  const areWell = rest.every(({ state }) => state === 'ready')
  return ` … and ${count(rest.length, 'more host')}${areWell ? ', all ready' : ''}`
}

/** Where not all find room, those that are not well come first. */
function chosen(hosts: readonly HostStatus[], room = hosts.length): readonly HostStatus[] {
  if (hosts.length <= room) return hosts
  const byNeed = hosts.toSorted((one, other) => Number(one.state === 'ready') - Number(other.state === 'ready'))
  return byNeed.slice(0, Math.max(1, room - 1))
}

/** Some host runs another release than the coordinator: then all say theirs. */
function releasesDiffer({ release, hosts }: Status): boolean {
  return hosts.some((host) => host.reachable && host.release !== release)
}

interface Extra {
  /** A last column with the states of those that are not ready. */
  readonly state: boolean
  /** A column with releases. */
  readonly differs: boolean
}

/** A host without components has its state in their place. */
function tableOf(hosts: readonly HostStatus[], extra: Extra, paint: Paint): readonly string[] {
  const titles = [...new Set(hosts.flatMap(({ components }) => components.map(titleOf)))]
  const running = hosts.filter(({ components }) => components.length > 0)
  const head = [...titles, ...(titles.length === 0 ? [] : ['up']), ...(extra.differs ? ['release'] : []), '']
  const [header = '', ...rows] = alignCells([head, ...running.map((host) => cellsOf(host, titles, extra, paint))])
  const width = hosts.reduce((most, { host }) => Math.max(most, widthOf(oneLine(host))), 4)
  const lines = hosts.map((host) => {
    const row = running.includes(host) ? rows[running.indexOf(host)] : stateWord(host, paint)
    return ` ${markOf(host, paint)} ${pad(oneLine(host.host), width)}  ${row}`.trimEnd()
  })
  return titles.length === 0 ? lines : [paint.faint(`   ${pad('host', width)}  ${header}`), ...lines]
}

function cellsOf(host: HostStatus, titles: readonly string[], extra: Extra, paint: Paint): readonly string[] {
  const cells = titles.map((title) =>
    host.components.filter((one) => titleOf(one) === title).map((one) => cellOf(one, paint)),
  )
  return [
    ...cells.map((cell) => cell.join(' ')),
    upOf(host),
    ...(extra.differs ? [shortRelease(host)] : []),
    extra.state && host.state !== 'ready' ? stateWord(host, paint) : '',
  ]
}

function blockOf(host: HostStatus, differs: boolean, { paint, columns }: StatusPage): readonly string[] {
  const facts = [stateWord(host, paint), upOf(host), differs ? shortRelease(host) : ''].filter((fact) => fact !== '')
  const told = facts.join('  ')
  const name = cutMiddle(oneLine(host.host), columns - 6 - widthOf(told))
  const cells = host.components.map((one) => `${titleOf(one)} ${cellOf(one, paint)}`)
  return [
    ` ${markOf(host, paint)} ${paint.strong(name)}  ${told}`,
    ...flowed(cells, columns - 6).map((line) => `     ${line}`),
  ]
}

/** Short names; Spark's master and worker are in one column, since a host has just one of them. */
const columnTitles: Readonly<Record<string, string>> = {
  elasticsearch: 'elastic',
  sparkMaster: 'spark',
  sparkWorker: 'spark',
}

function titleOf({ name }: ComponentStatus): string {
  return columnTitles[name] ?? oneLine(name)
}

/** `✔`, or `⚠ 12s ↻3`: runs but does not answer or does not stay, up for 12 s since its third restart. */
function cellOf({ state, answers, upSeconds, restarts }: ComponentStatus, paint: Paint): string {
  const isUnwell = state === 'restarting' || answers === false
  const mark = state === 'stopped' ? marks.failed : isUnwell ? marks.warning : marks.done
  const up = restarts > 0 && upSeconds !== null ? ` ${upTime(upSeconds)}` : ''
  return `${paint[mark.paint](mark.text)}${up}${restarts > 0 ? paint.warn(` ↻${restarts}`) : ''}`
}

/** Since core runs, or else what runs longest. */
function upOf({ components }: HostStatus): string {
  const core = components.find(({ name }) => name === 'core')?.upSeconds
  const longest = components.reduce((most, { upSeconds }) => Math.max(most, upSeconds ?? 0), 0)
  const seconds = core ?? longest
  return seconds === 0 ? '' : upTime(seconds)
}

function shortRelease({ release }: HostStatus): string {
  return release === null ? 'none' : oneLine(release).slice(0, 7)
}

export const stateColours = {
  ready: 'good',
  degraded: 'bad',
  starting: 'busy',
  stopped: 'faint',
  absent: 'faint',
  unknown: 'warn',
} as const satisfies Record<ClusterState, keyof Paint>

function stateWord({ state, reachable }: HostStatus, paint: Paint): string {
  return reachable ? paint[stateColours[state]](state) : paint.bad('unreachable')
}

const stateMarks = {
  ready: marks.done,
  degraded: marks.warning,
  starting: marks.waiting,
  stopped: marks.skipped,
  absent: marks.skipped,
  unknown: marks.failed,
} as const satisfies Record<ClusterState, Mark>

function markOf({ state, reachable }: HostStatus, paint: Paint): string {
  const mark = reachable ? stateMarks[state] : marks.failed
  return paint[mark.paint](mark.text)
}

/** As many on a line as there is room for, never broken inside of one. */
function flowed(cells: readonly string[], columns: number): readonly string[] {
  const lines: string[] = []
  for (const cell of cells) {
    const longer = lines.length === 0 ? cell : `${lines.at(-1)}  ${cell}`
    if (lines.length > 0 && widthOf(longer) > columns) lines.push(cell)
    else lines.splice(-1, 1, longer)
  }
  return lines
}
