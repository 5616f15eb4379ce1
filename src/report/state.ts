import type { HostKey } from '../cluster/cluster.js'
import type { Event } from '../engine/events.js'
import type { Problem } from '../errors.js'
import { cleanLine } from './sanitize.js'

/** What a run has come to: a fold over its events, and all that drawing looks at. Texts are cleaned of control codes. */
export interface ReportState {
  /** Null before `runStarted`. */
  readonly run: RunState | null
  /** In the order they started. */
  readonly phases: readonly PhaseState[]
  readonly notes: readonly Note[]
  /** As they came; not cleaned, since `renderFailure` does that. */
  readonly problems: readonly Problem[]
  readonly finished: Finished | null
}

export interface RunState {
  readonly verb: string
  readonly cluster: string
  readonly hosts: number
  readonly release: string | null
  /** Epoch milliseconds. */
  readonly startedAt: number
}

export type Finished = Pick<Extract<Event, { kind: 'runFinished' }>, 'time' | 'ok' | 'exitCode' | 'ms' | 'closing'>

/** A sentence below the task list. */
export interface Note {
  readonly text: string
  /** `detail` is what only --verbose tells. */
  readonly kind: 'note' | 'detail'
}

export interface PhaseState {
  readonly id: string
  readonly title: string
  readonly state: 'running' | 'done' | 'failed' | 'skipped'
  readonly startedAt: number
  readonly finishedAt: number | null
  /** The last line for the phase as a whole; its summary once it is finished. */
  readonly message: string
  readonly rows: readonly HostRow[]
  /** Where each host is in `rows`. */
  readonly places: ReadonlyMap<HostKey, number>
}

export interface HostRow {
  readonly host: HostKey
  /** `waiting`: its turn has not come yet. */
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'skipped'
  /** Title of the present or last step; empty before the first. */
  readonly step: string
  /** What it waits for or what became of it: the last line logged, the proof, the failure's title. Empty: nothing was said. */
  readonly message: string
  /** When its present step began; before the first, when the phase did. */
  readonly since: number
  /** When its first step began. */
  readonly startedAt: number
  readonly finishedAt: number | null
  /** Milliseconds the present step may take; null: no limit is known. */
  readonly limitMs: number | null
  readonly transfer: Transfer | null
}

export interface Transfer {
  readonly bytes: number
  readonly totalBytes: number | null
  /** Bytes per second since the step began; 0: not known yet. */
  readonly rate: number
}

export const emptyState: ReportState = { run: null, phases: [], notes: [], problems: [], finished: null }

/** The next state. Pure: replaying the same events gives the same state, and so the same screen. */
export function reduce(state: ReportState, event: Event): ReportState {
  const reducer = reducers[event.kind] as (state: ReportState, event: Event) => ReportState
  return reducer(state, event)
}

type Reducers = { [Kind in Event['kind']]: (state: ReportState, event: Extract<Event, { kind: Kind }>) => ReportState }

const reducers = {
  runStarted: (state, { time, verb, cluster, hosts, release }) => ({
    ...state,
    run: { verb, cluster: cleanLine(cluster), hosts, release: release && cleanLine(release), startedAt: time },
  }),
  releaseKnown: (state, { release }) => ({ ...state, run: state.run && { ...state.run, release: cleanLine(release) } }),
  phaseStarted: (state, event) => ({ ...state, phases: [...state.phases, freshPhase(event)] }),
  phaseProgress: (state, { phase, message }) => withPhase(state, phase, () => ({ message: cleanLine(message) })),
  stepStarted: (state, event) =>
    withRow(state, event, (row) => ({
      ...row,
      ...noStep,
      state: 'running',
      step: cleanLine(event.title),
      since: event.time,
      startedAt: row.state === 'waiting' ? event.time : row.startedAt,
      limitMs: event.limitMs ?? null,
    })),
  stepProgress: (state, event) =>
    withRow(state, event, (row) => ({
      ...row,
      message: event.message === undefined ? row.message : cleanLine(event.message),
      transfer: transferOf(row, event),
    })),
  stepFinished: (state, event) =>
    withRow(state, event, (row) => ({ ...row, ...noStep, message: cleanLine(event.evidence ?? '') })),
  stepFailed: (state, event) =>
    withRow(state, event, (row) => ({ ...row, ...noStep, state: 'failed', message: cleanLine(event.problem.title) })),
  hostFinished: (state, event) =>
    withRow(state, event, (row) => ({
      ...row,
      state: event.outcome,
      message: event.message === undefined ? row.message : cleanLine(event.message),
      finishedAt: event.time,
    })),
  phaseFinished: (state, { time, phase, outcome, summary }) =>
    withPhase(state, phase, () => ({ state: outcome, finishedAt: time, message: cleanLine(summary) })),
  problem: (state, { problem }) => ({ ...state, problems: [...state.problems, problem] }),
  note: (state, { message }) => withNote(state, { kind: 'note', text: cleanLine(message) }),
  command: (state, { host, command, ms }) =>
    withNote(state, { kind: 'detail', text: `${host} $ ${cleanLine(command)} (${ms} ms)` }),
  connectionLost: (state, { host, message }) => withLostHost(state, host, cleanLine(message)),
  runFinished: (state, { time, ok, exitCode, ms, closing }) => ({
    ...state,
    finished: { time, ok, exitCode, ms, closing },
  }),
} satisfies Reducers

const noStep = { message: '', limitMs: null, transfer: null }

function freshPhase({ time, phase, title, hosts }: Extract<Event, { kind: 'phaseStarted' }>): PhaseState {
  return {
    id: phase,
    title: cleanLine(title),
    state: 'running',
    startedAt: time,
    finishedAt: null,
    message: '',
    rows: hosts.map((host) => freshRow(host, time)),
    places: new Map(hosts.map((host, index) => [host, index])),
  }
}

function freshRow(host: HostKey, time: number): HostRow {
  return { host, state: 'waiting', step: '', since: time, startedAt: time, finishedAt: null, ...noStep }
}

/** A phase that was never started is not drawn; the latest of that name is meant. */
function withPhase(state: ReportState, id: string, change: (phase: PhaseState) => Partial<PhaseState>): ReportState {
  const index = state.phases.findLastIndex((phase) => phase.id === id)
  const phase = state.phases[index]
  if (phase === undefined) return state
  return { ...state, phases: state.phases.with(index, { ...phase, ...change(phase) }) }
}

interface Place {
  readonly phase: string
  readonly host: HostKey
  readonly time: number
}

function withRow(state: ReportState, { phase, host, time }: Place, change: (row: HostRow) => HostRow): ReportState {
  return withPhase(state, phase, ({ rows, places }) => {
    const place = places.get(host)
    const row = place === undefined ? undefined : rows[place]
    if (place !== undefined && row !== undefined) return { rows: rows.with(place, change(row)) }
    return { rows: [...rows, change(freshRow(host, time))], places: new Map([...places, [host, rows.length]]) }
  })
}

function transferOf(row: HostRow, event: Extract<Event, { kind: 'stepProgress' }>): Transfer | null {
  if (event.bytes === undefined) return row.transfer
  const seconds = (event.time - row.since) / 1000
  return {
    bytes: event.bytes,
    totalBytes: event.totalBytes ?? row.transfer?.totalBytes ?? null,
    rate: seconds > 0 ? event.bytes / seconds : 0,
  }
}

function withNote(state: ReportState, note: Note): ReportState {
  return { ...state, notes: [...state.notes, note] }
}

/** The host's own row says so where it is at work; else a note does. */
function withLostHost(state: ReportState, host: HostKey, message: string): ReportState {
  const text = `connection lost: ${message}`
  const phase = state.phases.findLast(({ rows, places }) => rows[places.get(host) ?? -1]?.state === 'running')
  if (phase === undefined) return withNote(state, { kind: 'note', text: `${host}: ${text}` })
  return withRow(state, { phase: phase.id, host, time: 0 }, (row) => ({ ...row, message: text }))
}
