import type { HostKey } from '../cluster/cluster.js'
import type { Event } from '../engine/events.js'
import { oneLine } from './sanitize.js'

export interface HostRow {
  readonly host: HostKey
  /** `waiting`: its turn has not come yet. */
  readonly state: 'waiting' | 'working' | 'done' | 'failed' | 'skipped'
  /** The present or last step; null before the first. */
  readonly step: StepState | null
  /** What became of it: a proof, a failure's title. Null: nothing was said. */
  readonly message: string | null
  /** When its first step began. */
  readonly startedAt: number | null
  readonly endedAt: number | null
  /** Sent to it in the steps of this phase that are over. */
  readonly sentBytes: number
  /** What is on its way to it, by the steps that bring it: several may go on side by side. */
  readonly sending: ReadonlyMap<string, Sending>
}

export interface Sending {
  /** What of it was there before. */
  readonly fromBytes: number
  readonly bytes: number
  readonly totalBytes: number
}

export interface StepState {
  readonly title: string
  readonly startedAt: number
  /** Milliseconds it may take; null: no limit is known. */
  readonly limitMs: number | null
  /** What it does or waits for now; null: nothing was said. */
  readonly message: string | null
}

type RowEvent = Extract<
  Event,
  {
    kind: 'stepStarted' | 'stepProgress' | 'stepFinished' | 'stepFailed' | 'finding' | 'hostFinished' | 'connectionLost'
  }
>

/** A host's row after one more event about it. */
export function rowAfter(row: HostRow, event: RowEvent): HostRow {
  return folds[event.kind](row, event as never)
}

type RowEventOf<Kind extends RowEvent['kind']> = Extract<RowEvent, { kind: Kind }>

const folds = {
  stepStarted: (row, { time, title, limitMs }) => ({
    ...row,
    state: 'working',
    startedAt: row.startedAt ?? time,
    step: newStep(time, oneLine(title), limitMs ?? null),
  }),
  stepProgress: (row, { step, message, bytes, totalBytes, fromBytes = 0 }) => ({
    ...withStep(row, message === undefined ? {} : { message: oneLine(message) }),
    ...(bytes === undefined || totalBytes === undefined
      ? {}
      : { sending: new Map([...row.sending, [step, { fromBytes, bytes, totalBytes }]]) }),
  }),
  stepFinished: (row, { step, evidence }) => ({
    ...row,
    ...arrived(row, step),
    message: evidence === undefined ? row.message : oneLine(evidence),
  }),
  stepFailed: (row, { time, problem }) => ({
    ...row,
    state: 'failed',
    endedAt: time,
    message: oneLine(problem.title),
  }),
  finding: (row, { problem }) => withStep(row, { message: oneLine(`${problem.title}: ${problem.cause}`) }),
  hostFinished: (row, { time, outcome, message }) => ({
    ...row,
    state: outcome,
    endedAt: time,
    message: message === undefined ? row.message : oneLine(message),
  }),
  connectionLost: (row, { message }) => withStep(row, { message: `connection lost: ${oneLine(message)}` }),
} satisfies { [Kind in RowEvent['kind']]: (row: HostRow, event: RowEventOf<Kind>) => HostRow }

function arrived({ sentBytes, sending }: HostRow, step: string): Pick<HostRow, 'sentBytes' | 'sending'> {
  const one = sending.get(step)
  if (one === undefined) return { sentBytes, sending }
  const others = [...sending].filter(([other]) => other !== step)
  return { sentBytes: sentBytes + one.bytes - one.fromBytes, sending: new Map(others) }
}

function newStep(startedAt: number, title: string, limitMs: number | null): StepState {
  return { title, startedAt, limitMs, message: null }
}

function withStep(row: HostRow, change: Partial<StepState>): HostRow {
  return row.step === null ? row : { ...row, step: { ...row.step, ...change } }
}
