import { describe, expect, it } from 'vitest'
import type { Event, EventBody } from '../../src/engine/events.js'
import type { Problem } from '../../src/errors.js'
import { rowClocks, sentBytes } from '../../src/report/row-text.js'
import { emptyState, type HostRow, phaseOf, type ReportState, reduce, rowOf } from '../../src/report/state.js'
import { eventsOf, stateAfter } from './recorded.js'

describe('the fold over events', () => {
  it('is empty before the first event', () => {
    expect(stateAfter([])).toEqual(emptyState)
  })

  it('knows phases, hosts, steps, limits and the last line logged', () => {
    expect(folded(begin, waiting, logged('Elasticsearch starting...'))).toEqual({
      run: { verb: 'up', cluster: 'lab', hosts: 2, noun: 'host', release: null, startedAt: 0 },
      phases: [
        {
          id: 'awaitReady',
          noun: 'host',
          title: 'Wait until ready',
          startedAt: 1000,
          progress: null,
          rows: [
            {
              host: 'a',
              state: 'working',
              step: {
                title: 'Wait until it serves',
                startedAt: 2000,
                limitMs: 300_000,
                message: 'Elasticsearch starting...',
              },
              message: null,
              startedAt: 2000,
              endedAt: null,
              sentBytes: 0,
              sending: new Map(),
            },
            {
              host: 'b',
              state: 'waiting',
              step: null,
              message: null,
              startedAt: null,
              endedAt: null,
              sentBytes: 0,
              sending: new Map(),
            },
          ],
          places: new Map([
            ['a', 0],
            ['b', 1],
          ]),
          end: null,
        },
      ],
      notes: [],
      problems: [],
      end: null,
    })
  })

  it('tells a problem once, though the step and the run both tell it', () => {
    const state = folded(begin, waiting, { kind: 'stepFailed', ...place, problem }, { kind: 'problem', problem })
    expect(state.problems).toEqual([problem])
    expect(rowOf(state, 'awaitReady', 'a')).toMatchObject({
      state: 'failed',
      message: 'A port is taken',
      endedAt: 3000,
    })
  })

  it('says of a lost connection where the host is at work, else as a note', () => {
    const lost: EventBody = { kind: 'connectionLost', host: 'a', message: 'closed' }
    expect(rowOf(folded(begin, waiting, lost), 'awaitReady', 'a')?.step?.message).toBe('connection lost: closed')
    expect(folded(begin, lost).notes).toEqual(['a: connection lost: closed'])
  })

  it('adds up what was sent in several steps', () => {
    const send = (bytes: number): readonly EventBody[] => [
      { kind: 'stepStarted', ...place, title: 'Send' },
      { kind: 'stepProgress', ...place, bytes, totalBytes: bytes },
      { kind: 'stepFinished', ...place },
    ]
    expect(rowOf(folded(begin, ...send(30), ...send(12)), 'awaitReady', 'a')?.sentBytes).toBe(42)
  })

  it('adds up what goes on side by side, without what was there before', () => {
    const at = (step: string, bytes: number, fromBytes?: number): EventBody => ({
      ...{ kind: 'stepProgress', phase: 'awaitReady', host: 'a', step, bytes, totalBytes: 100 },
      ...(fromBytes !== undefined && { fromBytes }),
    })
    const state = folded(begin, waiting, at('x', 60, 50), at('y', 20))
    const row = rowOf(state, 'awaitReady', 'a') as HostRow
    expect(sentBytes(row)).toBe(30)
    expect(rowClocks(row, 2100)).toEqual(['80 B of 200 B', '40%'])
    expect(rowClocks(row, 3000)[0]).toBe('80 B of 200 B · 30 B/s · 5s left')
    const after = rowOf(reduce(state, { time: 1, kind: 'stepFinished', ...place, step: 'x' }), 'awaitReady', 'a')
    expect([after?.sentBytes, after?.sending.size]).toEqual([10, 1])
  })

  it('gives a row to a host that nobody announced, and passes over a phase that never began', () => {
    expect(rowOf(folded(begin, { ...waiting, host: 'c' }), 'awaitReady', 'c')?.state).toBe('working')
    expect(folded(begin, { ...waiting, phase: 'other' })).toEqual(folded(begin))
  })

  it('ends what is still open when the run is interrupted', () => {
    const end = { kind: 'runFinished', ok: false, exitCode: 130, ms: 5, closing: [] } as const
    expect(phaseOf(folded(begin, waiting, end), 'awaitReady')?.end).toEqual({
      at: 3000,
      outcome: 'skipped',
      summary: 'interrupted',
    })
  })

  it('does not touch the state before', () => {
    const events = eventsOf('up-failed')
    const before = stateAfter(events.slice(0, 20))
    const copy = structuredClone(before)
    stateAfter(events)
    expect(before).toEqual(copy)
  })

  it('holds nothing that a terminal would obey', () => {
    const { problems: _, ...texts } = stateAfter(eventsOf('hostile'))
    expect(JSON.stringify(texts)).not.toMatch(/\\u00|[\u0080-\u009f\u202a-\u202e]/)
  })
})

const place = { phase: 'awaitReady', host: 'a', step: 'wait' }

const begin: EventBody = { kind: 'phaseStarted', phase: 'awaitReady', title: 'Wait until ready', hosts: ['a', 'b'] }

const waiting = { kind: 'stepStarted', ...place, title: 'Wait until it serves', limitMs: 300_000 } as const

const problem: Problem = {
  code: 'port-taken',
  severity: 'error',
  title: 'A port is taken',
  cause: 'port 8004 is taken',
  evidence: '',
  remedy: 'stop it',
  host: 'a',
}

function logged(message: string): EventBody {
  return { kind: 'stepProgress', ...place, message }
}

/** Events a second apart, after the beginning of a run. */
function folded(...bodies: readonly EventBody[]): ReportState {
  const start: EventBody = { kind: 'runStarted', verb: 'up', cluster: 'lab', hosts: 2, release: null }
  return stateAfter([start, ...bodies].map((body, index): Event => ({ time: index * 1000, ...body })))
}
