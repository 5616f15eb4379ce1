import type { Status } from '../cluster/status.js'
import { renderProblems, type TextOptions } from './failure.js'
import { marks } from './marks.js'
import { createPaint, type Paint } from './paint.js'
import { oneLine } from './sanitize.js'
import { hostsOf, type StatusPage, stateColours } from './status-hosts.js'
import { cutMiddle, wrap } from './text.js'
import { bytes } from './units.js'

export interface StatusOptions extends TextOptions {
  /** Lines of the terminal, where all has to be seen at once; absent: as many as are needed. */
  readonly rows?: number
}

/**
 * A cluster's status for people: hosts × components, Elasticsearch, Spark and balancer, then what is wrong. Ends with
 * a line break.
 */
export function renderStatus(status: Status, options: StatusOptions): string {
  const { columns, rows } = options
  const paint = createPaint(options.colour)
  const engines = enginesOf(status, { paint, columns })
  const problems = renderProblems(
    status.hosts.flatMap((host) => host.problems),
    { ...options, more: true },
  )
  const above = [...headOf(status, { paint, columns }), '']
  const below = [...(engines.length === 0 ? [] : ['', ...engines]), ...(problems === '' ? [] : ['', problems])]
  const hosts = hostsOf(status, { paint, columns, room: roomOf(above, engines, rows) })
  return `${[...above, ...hosts, ...below].join('\n')}\n`
}

/** Hosts take what the engines leave, less the table's own head and the cursor's line; problems may be cut off below. */
function roomOf(above: readonly string[], engines: readonly string[], rows: number | undefined): number | undefined {
  return rows === undefined ? undefined : Math.max(3, rows - above.length - engines.length - 3)
}

function headOf({ cluster, state, release }: Status, { paint, columns }: StatusPage): readonly string[] {
  const of = release === null ? '' : ` · release ${oneLine(release).slice(0, 7)}`
  const name = cutMiddle(oneLine(cluster), columns - 5 - state.length - of.length)
  return [` ${paint.strong(name)} · ${paint[stateColours[state]](state)}${of}`]
}

function enginesOf(status: Status, { paint, columns }: StatusPage): readonly string[] {
  return [elasticsearch(status), spark(status), balancer(status), disk(status)].flatMap((told) => {
    if (told === null) return []
    const lines = wrap(told.text, columns - 17).map(paint[told.colour])
    return lines.map((line, index) => ` ${(index === 0 ? told.name : '').padEnd(14)} ${line}`)
  })
}

interface Told {
  readonly name: string
  readonly text: string
  readonly colour: keyof Paint
}

/** Yellow is as good as it gets with one index host (contract, 5). */
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
  const text = `${oneLine(status)} · ${workers} of ${expectedWorkers} workers`
  return { name: 'Spark', text, colour: status === 'ALIVE' && workers >= expectedWorkers ? 'good' : 'bad' }
}

/** It is as it should be that it does not run where nothing does. */
function balancer({ balancer: told, state }: Status): Told | null {
  if (told === null) return null
  const text = `${told.state} · ${oneLine(told.host)}:${told.sourcePort} · ${told.targets} targets`
  if (told.state === 'running') return { name: 'Balancer', text, colour: 'good' }
  if (state === 'stopped' || state === 'absent') return { name: 'Balancer', text, colour: 'bad' }
  const mark = told.state === 'stopped' ? marks.failed : marks.warning
  return { name: 'Balancer', text: `${mark.text} ${text}`, colour: 'bad' }
}

/** The host with the least room speaks for all; what is taken, as the most on any host. */
function disk({ hosts }: Status): Told | null {
  const disks = hosts.flatMap(({ host, disk: told }) => (told === null ? [] : [{ host, ...told }]))
  const [least] = disks.toSorted((one, other) => one.freeBytes - other.freeBytes)
  if (least === undefined) return null
  const most = (sizes: readonly number[]): string => bytes(Math.max(...sizes))
  const data = disks.flatMap(({ dataBytes }) => dataBytes ?? [])
  const text = [
    `${bytes(least.freeBytes)} free${disks.length > 1 ? ` at least (${oneLine(least.host)})` : ''}`,
    `releases take ${most(disks.map(({ storeBytes }) => storeBytes))}`,
    ...(data.length === 0 ? [] : [`data takes ${most(data)}`]),
  ]
  return { name: 'Disk', text: text.join(' · '), colour: least.freeBytes < lowBytes ? 'warn' : 'good' }
}

/** Less is told in another colour. */
const lowBytes = 1e9
