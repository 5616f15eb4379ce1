import { isDeepStrictEqual } from 'node:util'
import type { HostKey } from '../cluster/cluster.js'
import type { Event } from '../engine/events.js'
import { exitCodes, type Problem } from '../errors.js'
import { type HostRow, rowAfter } from './row-state.js'
import { oneLine, sanitize } from './sanitize.js'

export type { HostRow, Sending } from './row-state.js'

/** What a run has come to: a fold over its events, and all that drawing looks at. Its own texts hold no control codes. */
export interface ReportState {
  /** Null before `runStarted`. */
  readonly run: RunState | null
  /** In the order they started. */
  readonly phases: readonly PhaseState[]
  /** Sentences for people. */
  readonly notes: readonly string[]
  /** Each once, as they came: `renderProblems` cleans their texts. */
  readonly problems: readonly Problem[]
  /** Null until `runFinished`. */
  readonly end: RunEnd | null
}

export interface RunState {
  readonly verb: string
  readonly cluster: string
  readonly hosts: number
  /** What one of them is called. */
  readonly noun: string
  /** Null: not known yet, or none is needed. */
  readonly release: string | null
  /** Epoch milliseconds, as all times here. */
  readonly startedAt: number
}

export type RunEnd = Omit<EventOf<'runFinished'>, 'kind'>

export interface PhaseState {
  readonly id: string
  readonly title: string
  /** What a row of it is called. */
  readonly noun: string
  readonly startedAt: number
  /** The last line for the phase as a whole; null: nothing was said. */
  readonly progress: string | null
  readonly rows: readonly HostRow[]
  /** Where each host is in `rows`. */
  readonly places: ReadonlyMap<HostKey, number>
  /** Null while it goes on. */
  readonly end: PhaseEnd | null
}

export type Outcome = 'done' | 'failed' | 'skipped'

export interface PhaseEnd {
  readonly at: number
  readonly outcome: Outcome
  readonly summary: string
}

type EventOf<Kind extends Event['kind']> = Extract<Event, { kind: Kind }>

export const emptyState: ReportState = { run: null, phases: [], notes: [], problems: [], end: null }

/** The next state. Pure: replaying the same events gives the same state, and so the same screen. */
export function reduce(state: ReportState, event: Event): ReportState {
  return folds[event.kind](state, event as never)
}

const folds = {
  runStarted: (state, { time, verb, cluster, hosts, noun = 'host', release }) => ({
    ...state,
    run: { verb, cluster: oneLine(cluster), hosts, noun, release: release && oneLine(release), startedAt: time },
  }),
  releaseKnown: (state, { release }) => ({ ...state, run: state.run && { ...state.run, release: oneLine(release) } }),
  phaseStarted: (state, event) => ({ ...state, phases: [...state.phases, newPhase(event)] }),
  phaseProgress: (state, { phase, message }) => withPhase(state, phase, () => ({ progress: oneLine(message) })),
  phaseFinished: (state, { time, phase, outcome, summary }) =>
    withPhase(state, phase, () => ({ end: { at: time, outcome, summary: oneLine(summary) } })),
  stepStarted: withRow,
  stepProgress: withRow,
  stepFinished: withRow,
  stepFailed: (state, event) => withRow(withProblem(state, event.problem), event),
  finding: withFinding,
  hostFinished: withRow,
  problem: (state, { problem }) => withProblem(state, problem),
  note: (state, { message }) => withNote(state, message),
  reaching: (state) => state,
  command: (state) => state,
  connectionLost: withLostHost,
  runFinished: (state, { kind: _, ...end }) => ({
    ...state,
    phases: state.phases.map((phase) => (phase.end === null ? { ...phase, end: brokenOff(end) } : phase)),
    end: { ...end, closing: end.closing.map(sanitize) },
  }),
} satisfies { [Kind in Event['kind']]: (state: ReportState, event: EventOf<Kind>) => ReportState }

function newPhase({ time, phase, title, hosts, noun = 'host' }: EventOf<'phaseStarted'>): PhaseState {
  return {
    id: phase,
    title: oneLine(title),
    noun,
    startedAt: time,
    progress: null,
    rows: hosts.map(newRow),
    places: new Map(hosts.map((host, index) => [host, index])),
    end: null,
  }
}

const nothingSent = { sentBytes: 0, sending: new Map() } as const

function newRow(host: HostKey): HostRow {
  return { host, state: 'waiting', step: null, message: null, startedAt: null, endedAt: null, ...nothingSent }
}

/** A phase that is still open when the run is over came to no end of its own. */
function brokenOff({ time, exitCode }: RunEnd): PhaseEnd {
  const summary = exitCode === exitCodes.interrupted ? 'interrupted' : 'not finished'
  return { at: time, outcome: 'skipped', summary }
}

/** The latest phase of that name is meant; one that was never started is not drawn. */
function withPhase(state: ReportState, id: string, change: (phase: PhaseState) => Partial<PhaseState>): ReportState {
  const index = state.phases.findLastIndex((phase) => phase.id === id)
  const phase = state.phases[index]
  return phase === undefined ? state : { ...state, phases: state.phases.with(index, { ...phase, ...change(phase) }) }
}

type RowEvent = EventOf<'stepStarted' | 'stepProgress' | 'stepFinished' | 'stepFailed' | 'finding' | 'hostFinished'>

function withRow(state: ReportState, event: RowEvent): ReportState {
  return withPhase(state, event.phase, ({ rows, places }) => {
    const place = places.get(event.host) ?? rows.length
    const row = rowAfter(rows[place] ?? newRow(event.host), event)
    if (place < rows.length) return { rows: rows.with(place, row) }
    return { rows: [...rows, row], places: new Map([...places, [event.host, place]]) }
  })
}

/** The host's own row says so where it is at work; else a note does. */
function withLostHost(state: ReportState, event: EventOf<'connectionLost'>): ReportState {
  const { host, message } = event
  const phase = state.phases.findLast(({ rows, places }) => rows[places.get(host) ?? -1]?.state === 'working')
  if (phase === undefined) return withNote(state, `${host}: connection lost: ${message}`)
  const rows = phase.rows.map((row) => (row.host === host ? rowAfter(row, event) : row))
  return withPhase(state, phase.id, () => ({ rows }))
}

/** Told as a note where it is waited on; what the step will fail with is told then. Many hosts that find the same say it once. */
function withFinding(state: ReportState, event: EventOf<'finding'>): ReportState {
  const { host, problem } = event
  const next = withRow(state, event)
  const said = `${problem.title}: ${problem.cause}`
  const note = `${host}: ${said}`
  const isKnown = state.notes.some((known) => known === sanitize(note).trim() || known.endsWith(`: ${sanitize(said)}`))
  return problem.severity === 'error' || isKnown ? next : withNote(next, note)
}

function withNote(state: ReportState, note: string): ReportState {
  return { ...state, notes: [...state.notes, sanitize(note).trim()] }
}

/** The problem of a failed step comes once more when the run ends. */
function withProblem(state: ReportState, problem: Problem): ReportState {
  const isKnown = state.problems.some((known) => isDeepStrictEqual(known, problem))
  return isKnown ? state : { ...state, problems: [...state.problems, problem] }
}

/** The phase that began last of those with this id. */
export function phaseOf({ phases }: ReportState, id: string): PhaseState | undefined {
  return phases.findLast((phase) => phase.id === id)
}

export function rowOf(state: ReportState, phase: string, host: HostKey): HostRow | undefined {
  const found = phaseOf(state, phase)
  return found?.rows[found.places.get(host) ?? -1]
}
