import type { ClusterState, ComponentStatus, HostStatus, Status } from '../cluster/status.js'
import { renderProblems, type TextOptions } from './failure.js'
import { marks } from './marks.js'
import { createPaint, type Paint } from './paint.js'
import { oneLine } from './sanitize.js'
import { alignCells } from './table.js'
import { cutMiddle, widthOf, wrap } from './text.js'
import { upTime } from './units.js'

/**
 * A cluster's status for people: hosts × components, Elasticsearch, Spark and balancer, then what is wrong. Where the
 * table is too wide each host gets lines of its own. Ends with a line break.
 */
export function renderStatus(status: Status, options: TextOptions): string {
  const page = { paint: createPaint(options.colour), columns: options.columns }
  const table = tableOf(status, page)
  const fits = table.every((line) => widthOf(line) < page.columns)
  const hosts = fits ? table : status.hosts.flatMap((host) => hostBlock(host, status, page))
  const failures = renderProblems(
    status.hosts.flatMap(({ problems }) => problems),
    options,
  )
  const lines = [...headOf(status, page), '', ...hosts, '', ...summary(status, page)]
  return `${lines.join('\n')}\n${failures === '' ? '' : `\n${failures}\n`}`
}

interface Page {
  readonly paint: Paint
  readonly columns: number
}

const colours = {
  ready: 'good',
  degraded: 'bad',
  starting: 'busy',
  stopped: 'faint',
  absent: 'faint',
  unknown: 'warn',
} as const satisfies Record<ClusterState, keyof Paint>

function headOf({ cluster, state, release }: Status, { paint, columns }: Page): readonly string[] {
  const of = release === null ? '' : ` · release ${release.slice(0, 7)}`
  const name = cutMiddle(oneLine(cluster), columns - 4 - state.length - of.length)
  return [` ${paint.strong(name)} · ${paint[colours[state]](state)}${of}`]
}

/** Columns of the table: one process is shown in one, Spark's master and workers in the same. */
const columnTitles: Readonly<Record<string, string>> = {
  elasticsearch: 'elastic',
  sparkMaster: 'spark',
  sparkWorker: 'spark',
}

function titleOf({ name }: ComponentStatus): string {
  return columnTitles[name] ?? oneLine(name)
}

function tableOf(status: Status, { paint }: Page): readonly string[] {
  const titles = [...new Set(status.hosts.flatMap(({ components }) => components.map(titleOf)))]
  const differs = releasesDiffer(status)
  const header = [' host', 'state', ...(differs ? ['release'] : []), ...titles].map(paint.faint)
  const rows = status.hosts.map((host) => [
    ` ${oneLine(host.host)}`,
    stateOf(host, paint),
    ...(differs ? [host.release?.slice(0, 7) ?? 'none'] : []),
    ...titles.map((title) =>
      host.components
        .filter((one) => titleOf(one) === title)
        .map((one) => cellOf(one, paint))
        .join(' '),
    ),
  ])
  return alignCells([header, ...rows])
}

/** Hosts of another release than the coordinator's say so, and then all of them. */
function releasesDiffer({ release, hosts }: Status): boolean {
  return hosts.some((host) => host.reachable && host.release !== release)
}

function stateOf({ state, reachable }: HostStatus, paint: Paint): string {
  return reachable ? paint[colours[state]](state) : paint.bad('unreachable')
}

/** `✔ 13m`, `⚠ 13m ↻2`: a warning means that it runs but does not answer; ↻ counts restarts. */
function cellOf({ state, answers, upSeconds, restarts }: ComponentStatus, paint: Paint): string {
  const mark = state === 'stopped' ? marks.failed : answers === false ? marks.warning : marks.done
  const up = state === 'running' && upSeconds !== null ? ` ${upTime(upSeconds)}` : ''
  const again = restarts > 0 ? paint.warn(` ↻${restarts}`) : ''
  return `${paint[mark.paint](mark.text)}${up}${again}`
}

function hostBlock(host: HostStatus, status: Status, { paint, columns }: Page): readonly string[] {
  const release = releasesDiffer(status) ? `  ${host.release?.slice(0, 7) ?? 'none'}` : ''
  const state = stateOf(host, paint)
  const name = cutMiddle(oneLine(host.host), columns - 4 - widthOf(state) - release.length)
  const cells = host.components.map((one) => `${titleOf(one)} ${cellOf(one, paint)}`)
  return [` ${paint.strong(name)}  ${state}${release}`, ...flowed(cells, columns - 4).map((line) => `   ${line}`)]
}

/** As many on a line as fit, never broken inside of one. */
function flowed(cells: readonly string[], columns: number): readonly string[] {
  const lines: string[] = []
  for (const cell of cells) {
    const longer = lines.length === 0 ? cell : `${lines.at(-1)}  ${cell}`
    if (lines.length > 0 && widthOf(longer) > columns) lines.push(cell)
    else lines.splice(-1, 1, longer)
  }
  return lines
}

function summary(status: Status, { paint, columns }: Page): readonly string[] {
  return [elasticsearch(status), spark(status), balancer(status)].flatMap((told) => {
    if (told === null) return []
    const [first = '', ...more] = wrap(told.text, columns - 17)
    const text = [paint[told.colour](first), ...more.map((line) => `${' '.repeat(15)} ${paint[told.colour](line)}`)]
    return ` ${told.name.padEnd(14)} ${text.join('\n')}`.split('\n')
  })
}

interface Told {
  readonly name: string
  readonly text: string
  readonly colour: keyof Paint
}

function elasticsearch({ elasticsearch: told }: Status): Told | null {
  if (told === null) return null
  const { status, nodes, expectedNodes, version } = told
  const text = [oneLine(status), `${nodes} of ${expectedNodes} nodes`, ...(version === null ? [] : [oneLine(version)])]
  const fine = (status === 'green' || status === 'yellow') && nodes >= expectedNodes
  return { name: 'Elasticsearch', text: text.join(' · '), colour: fine ? 'good' : 'bad' }
}

function spark({ spark: told }: Status): Told | null {
  if (told === null) return null
  const { status, workers, expectedWorkers } = told
  const fine = status === 'ALIVE' && workers >= expectedWorkers
  return {
    name: 'Spark',
    text: `${oneLine(status)} · ${workers} of ${expectedWorkers} workers`,
    colour: fine ? 'good' : 'bad',
  }
}

function balancer({ balancer: told }: Status): Told | null {
  if (told === null) return null
  const text = `${told.state} · ${oneLine(told.host)}:${told.sourcePort} · ${told.targets} targets`
  return { name: 'Balancer', text, colour: told.state === 'running' ? 'good' : 'bad' }
}
