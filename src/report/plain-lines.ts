import type { Event } from '../engine/events.js'
import { nameHosts } from './host-list.js'
import { type MarkName, marked } from './marks.js'
import type { Paint } from './paint.js'
import { reachText } from './reach-text.js'
import { rowText } from './row-text.js'
import { oneLine, sanitize } from './sanitize.js'
import { type HostRow, type PhaseState, phaseOf, type ReportState, rowOf } from './state.js'
import { count, duration } from './units.js'

/** What a line is made from: what stood before the event and stands after it. */
export interface PlainContext {
  readonly before: ReportState
  readonly after: ReportState
  /** Also steps, what every host logs, and commands. */
  readonly verbose: boolean
  readonly paint: Paint
}

/** The lines of one event; none when it tells nothing that another one does not. */
export function plainLines(event: Event, context: PlainContext): readonly string[] {
  return lines[event.kind](event as never, context)
}

/** A command sent to a host, with its time. */
export function commandLine({ host, command, ms }: EventOf<'command'>, paint: Paint): string {
  return paint.faint(`$ ${oneLine(host)}  ${oneLine(command)}  (${duration(ms)})`)
}

/** How a host is reached, each value with its source. */
export function reachLine({ host, reach }: EventOf<'reaching'>, paint: Paint): string {
  return paint.faint(`> ${oneLine(host)}  ${oneLine(reachText(reach))}`)
}

/** Phases of up to so many hosts also tell what each of them logs. */
const fewHosts = 8

type EventOf<Kind extends Event['kind']> = Extract<Event, { kind: Kind }>

const lines = {
  runStarted: ({ verb }, { after: { run } }) => (run === null ? [] : [`${verb} ${headOf(run)}`]),
  releaseKnown: ({ release }, { before }) =>
    oneLine(release) === before.run?.release ? [] : [`release ${oneLine(release)}`],
  phaseStarted: ({ title, hosts }) => [`${oneLine(title)}: ${oneLine(nameHosts(hosts)) || 'begins'}`],
  phaseProgress: ({ phase, message }, context) => [`${titleOf(context, phase)}: ${oneLine(message)}`],
  stepStarted: ({ phase, host, title }, context) =>
    context.verbose ? [about(context, phase, host, oneLine(title))] : [],
  stepProgress: ({ phase, host, message }, context) => {
    const isTold = message !== undefined && isTalkative(phase, context) && !isRepeated(phase, host, context)
    return isTold ? [about(context, phase, host, oneLine(message))] : []
  },
  stepFinished: () => [],
  stepFailed: ({ phase, host, problem }, context) => {
    const text = `${oneLine(problem.title)}: ${oneLine(problem.cause)}`
    return [mark('failed', about(context, phase, host, text), context)]
  },
  finding: ({ phase, host, problem }, context) => {
    if (context.before.notes === context.after.notes) return []
    const { title, cause, evidence } = problem
    const said = about(context, phase, host, `${oneLine(title)}: ${oneLine(cause)}`)
    const last = evidence.trim().split('\n').at(-1) ?? ''
    return [mark('warning', said, context), ...(last === '' ? [] : [`    ${oneLine(last)}`])]
  },
  hostFinished: hostFinishedLines,
  phaseFinished: ({ phase, outcome, summary, time }, context) => {
    const took = duration(time - (phaseOf(context.after, phase)?.startedAt ?? time))
    return [mark(outcome, `${titleOf(context, phase)}: ${oneLine(summary)} (${took})`, context)]
  },
  problem: ({ problem: { severity, host, title, cause } }, context) => {
    // Before there is a run, the end tells it in full, and nothing else.
    if (context.before.problems === context.after.problems || context.after.run === null) return []
    const text = [host, title, cause]
      .filter((part) => part !== undefined)
      .map(oneLine)
      .join(': ')
    return [mark(severity === 'warning' ? 'warning' : 'failed', text, context)]
  },
  note: ({ message }) => sanitize(message).trim().split('\n'),
  reaching: (event, { verbose, paint }) => (verbose ? [reachLine(event, paint)] : []),
  command: (event, { verbose, paint }) => (verbose ? [commandLine(event, paint)] : []),
  connectionLost: ({ host, message }, context) => [
    mark('warning', `${oneLine(host)}: connection lost: ${oneLine(message)}`, context),
  ],
  runFinished: () => [],
} satisfies { [Kind in Event['kind']]: (event: EventOf<Kind>, context: PlainContext) => readonly string[] }

function headOf({ cluster, hosts, noun, release }: NonNullable<ReportState['run']>): string {
  const parts = [cluster, count(hosts, noun), ...(release === null ? [] : [`release ${release}`])]
  return parts.join(' · ')
}

/** A host without any step is told by its phase, or by its problem; why a step failed was told by the step. */
function hostFinishedLines(event: EventOf<'hostFinished'>, context: PlainContext): readonly string[] {
  const { phase, host, outcome } = event
  const row = rowOf(context.after, phase, host)
  const hasFailedBefore = rowOf(context.before, phase, host)?.state === 'failed'
  if (row === undefined || hasFailedBefore || (row.startedAt === null && isToldElsewhere(row))) return []
  const took = row.startedAt === null ? '' : ` (${duration(event.time - row.startedAt)})`
  const said = saidOf(row, isTalkative(phase, context))
  return [mark(outcome, about(context, phase, host, `${said}${took}`), context)]
}

function isToldElsewhere({ state, message }: HostRow): boolean {
  return state === 'done' || (state === 'failed' && message === null)
}

/** The proof of a wait is the line that was told just before, when lines are told. */
function saidOf(row: HostRow, isTold: boolean): string {
  const { state, message, step } = row
  if (message !== null && !(isTold && message === step?.message)) return message
  return state === 'skipped' ? rowText(row) : state
}

function isTalkative(phase: string, { after, verbose }: PlainContext): boolean {
  return verbose || (phaseOf(after, phase)?.rows.length ?? 0) <= fewHosts
}

function isRepeated(phase: string, host: string, { before, after }: PlainContext): boolean {
  return rowOf(before, phase, host)?.step?.message === rowOf(after, phase, host)?.step?.message
}

function about(context: PlainContext, phase: string, host: string, text: string): string {
  return `${titleOf(context, phase)} · ${oneLine(host)}: ${text}`
}

function mark(name: MarkName, text: string, { paint }: PlainContext): string {
  return marked(name, text, paint)
}

function titleOf({ after }: PlainContext, phase: string): PhaseState['title'] {
  return phaseOf(after, phase)?.title ?? oneLine(phase)
}
