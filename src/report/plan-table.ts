import type { HostKey } from '../cluster/cluster.js'
import type { HostWork, Phase, Plan, Step } from '../plan/plan.js'
import { renderProblems, type TextOptions } from './failure.js'
import { countedHosts, nameAllHosts } from './host-list.js'
import { createPaint, type Paint } from './paint.js'
import { oneLine } from './sanitize.js'
import { pad, widthOf, wrap } from './text.js'
import { bytes, count } from './units.js'

/**
 * A plan for people: phase by phase, each step with its reason; hosts that do the same are told together. Below it
 * what is sent, what was found, and which hosts cannot be reached. Ends with a line break.
 */
export function renderPlan(plan: Plan, options: PlanTextOptions): string {
  const page = { paint: createPaint(options.colour), columns: options.columns }
  const work = plan.phases.filter((phase) => phase.work.some(({ steps }) => steps.length > 0))
  const body =
    work.length === 0 ? nothing(plan, page) : [...work.flatMap((phase) => phaseLines(phase, page)), ...sent(plan, page)]
  const failures = renderProblems([...plan.problems, ...plan.unreachable], { ...options, more: true })
  return `${[...(options.headed ? [] : head(plan, page)), '', ...body].join('\n')}\n${failures === '' ? '' : `\n${failures}\n`}`
}

export interface PlanTextOptions extends TextOptions {
  /** The heading stands above already. Default: it does not. */
  readonly headed?: boolean
}

interface Page {
  readonly paint: Paint
  readonly columns: number
}

function head({ workflow, cluster, release }: Plan, { paint, columns }: Page): readonly string[] {
  const of = release === null ? '' : ` · release ${release.id.slice(0, 7)} (${release.label})`
  const text = `${workflow} ${cluster.name} · ${count(cluster.hosts.length, 'host')}${of}`
  return wrap(oneLine(text), columns - 3).map((line, index) => (index === 0 ? ` ${paint.strong(line)}` : `   ${line}`))
}

function nothing({ workflow, cluster, unreachable }: Plan, { columns }: Page): readonly string[] {
  if (unreachable.length === cluster.hosts.length) return [' No host can be reached.']
  const where = unreachable.length === 0 ? '' : ' on the hosts that can be reached'
  return wrap(`Nothing to do${where}: ${fulfilled[workflow]}.`, columns - 2).map((line) => ` ${line}`)
}

const fulfilled = {
  up: 'the cluster is what the files say',
  down: 'nothing of this cluster runs',
} as const satisfies Record<Plan['workflow'], string>

function phaseLines(phase: Phase, page: Page): readonly string[] {
  const groups = groupsOf(phase.work.filter(({ steps }) => steps.length > 0))
  const atOnce = phase.work.length > phase.parallel ? ` · ${phase.parallel} at once` : ''
  const title = wrap(`${oneLine(phase.title)}${atOnce}`, page.columns - 2).map((line) => ` ${page.paint.strong(line)}`)
  return [...title, ...groups.flatMap((group) => groupLines(group, page)), '']
}

/** Hosts whose steps read the same, whatever paths and arguments they have. */
interface Group {
  readonly hosts: readonly HostKey[]
  readonly steps: readonly Step[]
}

function groupsOf(work: readonly HostWork[]): readonly Group[] {
  const groups = new Map<string, { hosts: HostKey[]; steps: readonly Step[] }>()
  for (const { host, steps } of work) {
    const key = JSON.stringify(steps.map(({ id, title, reason }) => [id, title, reason]))
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { hosts: [host], steps })
    else group.hosts.push(host)
  }
  return [...groups.values()]
}

function groupLines({ hosts, steps }: Group, page: Page): readonly string[] {
  const { paint, columns } = page
  const names = wrap(oneLine(countedHosts(hosts)), columns - 6)
  const column = Math.max(...steps.map((step) => widthOf(oneLine(step.title))))
  return [
    ...names.map((line, index) => (index === 0 ? `   ${paint.busy(line)}` : `     ${paint.busy(line)}`)),
    ...steps.flatMap((step) => stepLines(step, column, page)),
  ]
}

/** The reason stands beside the step, or below it where there is no room. */
function stepLines(step: Step, column: number, { paint, columns }: Page): readonly string[] {
  const title = oneLine(step.title)
  const size = step.kind === 'fetch' ? `${bytes(step.bytes)} · ` : ''
  const reason = `${size}${oneLine(step.reason)}`
  if (5 + column + 2 + widthOf(reason) < columns) return [`     ${pad(title, column)}  ${paint.faint(reason)}`]
  const below = wrap(reason, columns - 10).map((line) => `         ${paint.faint(line)}`)
  return [...wrap(title, columns - 8).map((line, index) => `${index === 0 ? '     ' : '       '}${line}`), ...below]
}

/** How much each host gets, hosts with the same amount together, and the sum. */
function sent({ sends, phases }: Plan, page: Page): readonly string[] {
  const byAmount = new Map<number, HostKey[]>()
  for (const { host, bytes: amount } of sends.hosts) byAmount.set(amount, [...(byAmount.get(amount) ?? []), host])
  if (byAmount.size === 0) return [` ${page.paint.faint('Nothing is sent.')}`]
  const parts = [...byAmount].map(([amount, hosts]) => `${bytes(amount)} to ${each(hosts)}`)
  const sums =
    sends.hosts.length === 1 ? '' : ` · ${bytes(sends.bytes)} in all (${bytes(sends.distinctBytes)}, each part once)`
  const once = sends.fromHere === sends.bytes ? '' : ` · ${fromHere(sends.fromHere)}`
  const text = `Sends${isPacked(sends, phases) ? ', packed,' : ''} ${sends.exact ? '' : 'at most '}${parts.join('; ')}${sums}${once}`
  return wrap(text, page.columns - 4).map((line, index) => (index === 0 ? ` ${line}` : `   ${line}`))
}

/** The steps above have what it comes to on the hosts. */
function isPacked({ bytes: amount }: Plan['sends'], phases: readonly Phase[]): boolean {
  const steps = phases.flatMap(({ work }) => work.flatMap((one) => one.steps))
  const unpacked = steps.reduce((sum, step) => sum + (step.kind === 'fetch' ? step.bytes : 0), 0)
  return amount < unpacked
}

/** Where hosts pass it on, or a mirror has it. */
function fromHere(amount: number): string {
  return amount === 0 ? 'from the mirror' : `${bytes(amount)} once from here, hosts pass it on`
}

/** Many are named above, where they stand with their steps. */
function each(hosts: readonly HostKey[]): string {
  const names = nameAllHosts(hosts)
  if (hosts.length === 1) return oneLine(names)
  return `each of ${names.length > 60 ? count(hosts.length, 'host') : oneLine(names)}`
}
