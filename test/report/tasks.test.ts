import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Event } from '../../src/engine/events.js'
import { createReporter, type Reporter } from '../../src/report/reporter.js'
import { bigRun } from './big-run.js'
import { eventsOf, golden } from './recorded.js'
import { createTerminal, type Terminal } from './terminal.js'

describe('the task list', () => {
  // Only the ticks are ours to give; all else runs as ever.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
  afterEach(() => void vi.useRealTimers())

  it.each([
    'up',
    'up-failed',
    'up-check-failed',
    'up-interrupted',
    'up-unreachable',
    'hostile',
    'bundle-failed',
  ] as const)('ends %s with the whole story', async (name) => {
    const { terminal } = await played(eventsOf(name), { columns: 80, rows: 60 })
    await expect(shown(terminal)).toMatchFileSnapshot(golden(`tasks-${name}`))
  })

  it('tells what each host waits for, with elapsed time and limit', async () => {
    const events = eventsOf('up')
    const upToSignals = events.slice(0, events.findLastIndex(({ kind }) => kind === 'phaseProgress') - 5)
    const { terminal, finish } = await playing(upToSignals, { columns: 84, rows: 24 })
    await expect(shown(terminal)).toMatchFileSnapshot(golden('tasks-waiting'))
    await finish()
  })

  it('tells bytes, rate and time left of what is sent', async () => {
    const events = eventsOf('up')
    const midway = events.slice(
      0,
      events.findLastIndex((event) => event.kind === 'stepProgress' && event.bytes === 30e6),
    )
    const { terminal, finish } = await playing(midway, { columns: 84, rows: 24 })
    await expect(shown(terminal)).toMatchFileSnapshot(golden('tasks-sending'))
    await finish()
  })

  it.each([40, 120])('shows 1,000 hosts on 24 rows and %i columns, and never more than fits', async (columns) => {
    const stage = await begun({ columns, rows: 24 })
    const moments: string[] = []
    for (const [index, event] of bigRun(1000).entries()) {
      stage.emit(event)
      if (index % 500 !== 0) continue
      await stage.tick()
      expect(stage.terminal.history()).toEqual([])
      moments.push(shown(stage.terminal))
    }
    await stage.reporter.finish()
    expect(stage.terminal.wasTooNarrow()).toBe(false)
    await expect(moments.at(-4)).toMatchFileSnapshot(golden(`tasks-1000-hosts-${columns}`))
  })

  it('draws the same whenever the same events are played again', async () => {
    const [one, other] = await Promise.all([1, 2].map(() => played(bigRun(50), { columns: 100, rows: 24 })))
    expect(one?.terminal.screen()).toEqual(other?.terminal.screen())
  })

  it('leaves what stood above it, however it is resized', async () => {
    const stage = await begun({ columns: 120, rows: 30 })
    stage.terminal.write('earlier output\n')
    const events = eventsOf('up')
    const sizes = [60, 40, 44, 130]
    for (const [index, event] of events.entries()) {
      stage.emit(event)
      if (index % 30 === 29) stage.terminal.resize(sizes[(index - 29) / 30] ?? 80, 30)
      await stage.tick()
    }
    await stage.reporter.finish()
    const text = [...stage.terminal.history(), ...stage.terminal.screen()]
    expect(text[0]).toBe('earlier output')
    expect(text.filter((line) => line.includes('lab · 4 hosts'))).toHaveLength(1)
    expect(text.filter((line) => line.includes('Connect'))).toHaveLength(1)
  })

  it('hides the cursor while it draws, and gives it back', async () => {
    const listeners = process.listenerCount('exit')
    const { terminal, finish } = await playing(eventsOf('up').slice(0, 10), { columns: 80, rows: 24 })
    expect(terminal.isCursorVisible()).toBe(false)
    expect(terminal.wrapsLines()).toBe(true)
    await finish()
    expect(terminal.isCursorVisible()).toBe(true)
    expect(process.listenerCount('exit')).toBe(listeners)
  })

  it('gives the cursor back when the process ends in its midst', async () => {
    const before = process.listeners('exit')
    const { terminal, finish } = await playing(eventsOf('up').slice(0, 10), { columns: 80, rows: 24 })
    for (const listener of process.listeners('exit').filter((one) => !before.includes(one))) listener(130)
    expect(terminal.isCursorVisible()).toBe(true)
    await finish()
  })

  it('goes away while somebody is asked something, and comes back', async () => {
    const stage = await begun({ columns: 80, rows: 24 })
    for (const event of eventsOf('up').slice(0, 10)) stage.emit(event)
    await stage.tick()
    const answer = await stage.reporter.aside(async () => {
      expect(shown(stage.terminal)).toBe('')
      expect(stage.terminal.isCursorVisible()).toBe(true)
      stage.streams.stderr.write('Passphrase: \n')
      await stage.tick()
      expect(shown(stage.terminal)).toBe('Passphrase:')
      return 'secret'
    })
    await stage.tick()
    expect(answer).toBe('secret')
    expect(stage.terminal.screen().slice(0, 2)).toEqual([
      'Passphrase:',
      ' lab · 4 hosts · release 9f3c2a1 (Trueno dev, Elasticsearch 5.3.2, Spark 2.1.1)'.slice(0, 80),
    ])
    await stage.reporter.finish()
  })

  it('keeps what others write out of the list, and prints it afterwards', async () => {
    const stage = await begun({ columns: 80, rows: 24 })
    for (const event of eventsOf('up').slice(0, 10)) stage.emit(event)
    await stage.tick()
    stage.streams.stderr.write('(node:1) Warning: something\n')
    await stage.tick()
    expect(shown(stage.terminal)).not.toContain('Warning: something')
    await stage.reporter.finish()
    expect(shown(stage.terminal)).toContain('Warning: something')
  })

  it('lets commands go by above with --verbose', async () => {
    const stage = await begun({ columns: 80, rows: 24, verbose: true })
    const [first, ...rest] = eventsOf('up').slice(0, 7)
    stage.emit(first as Event)
    await stage.tick()
    for (const event of rest) stage.emit(event)
    stage.emit({ time: rest[0]?.time ?? 0, kind: 'command', host: '192.168.1.40', command: 'facts', ms: 12 })
    await stage.tick()
    expect(stage.terminal.screen().slice(0, 2)).toEqual([' $ 192.168.1.40  facts  (0.0s)', ' lab · 4 hosts'])
    await stage.reporter.finish()
  })

  it('writes nothing at all when nothing happened', async () => {
    const { terminal } = await played([], { columns: 80, rows: 24 })
    expect(terminal.screen()).toEqual([])
  })
})

interface Stage {
  readonly reporter: Reporter
  readonly terminal: Terminal
  readonly streams: { readonly stdout: Streamed; readonly stderr: Streamed }
  emit(event: Event): void
  /** Lets what was begun come to rest, then draws. */
  tick(): Promise<void>
}

interface Streamed {
  write: Terminal['write']
}

async function begun({
  verbose = false,
  ...size
}: {
  columns: number
  rows: number
  verbose?: boolean
}): Promise<Stage> {
  const terminal = createTerminal(size)
  const streams = { stdout: { write: terminal.write }, stderr: { write: terminal.write } }
  let now = 0
  const { columns, rows } = terminal
  const reporter = await createReporter({
    kind: 'tasks',
    ...streams,
    colour: true,
    verbose,
    columns,
    rows,
    now: () => now,
  })
  const emit = (event: Event): void => {
    now = event.time
    reporter.emit(event)
  }
  return { reporter, terminal, streams, emit, tick }
}

async function tick(): Promise<void> {
  for (let round = 0; round < 5; round += 1) await setImmediate()
  vi.advanceTimersByTime(100)
}

async function playing(
  events: readonly Event[],
  size: { columns: number; rows: number },
): Promise<{ terminal: Terminal; finish: () => Promise<void> }> {
  const { reporter, terminal, emit } = await begun(size)
  for (const event of events) emit(event)
  await tick()
  return { terminal, finish: () => reporter.finish() }
}

async function played(
  events: readonly Event[],
  size: { columns: number; rows: number },
): Promise<{ terminal: Terminal }> {
  const { terminal, finish } = await playing(events, size)
  await finish()
  return { terminal }
}

function shown(terminal: Terminal): string {
  return terminal.screen().join('\n')
}
