import { describe, expect, it } from 'vitest'
import type { Applied } from '../../src/engine/apply.js'
import { InterruptedError } from '../../src/errors.js'
import type { Step } from '../../src/plan/plan.js'
import { layoutOf } from '../../src/trueno/layout.js'
import { type FakeEngine, fakeEngine } from './fake-engine.js'
import { type FakeHost, failed, fakeHost, ok } from './fake-host.js'
import { carryOut, phase, planOf } from './plans.js'

const start: Step = { id: 'start', title: 'Start', reason: 'it is down', kind: 'run', script: 'start', args: ['/h'] }
const stop: Step = { id: 'stop', title: 'Stop', reason: 'it runs', kind: 'run', script: 'stop', args: ['/h'] }

function wait(host: string): Step {
  const gate = { id: 'apiReady', key: host, home: '/h', data: '/d', port: 8000, expected: [], awaits: [] } as const
  return { id: 'wait', title: 'Wait', reason: 'it starts', kind: 'wait', gate, timeoutMs: 60_000, recovery: [] }
}

const log = layoutOf('/h').coreOut
const serves = (host: FakeHost): void => host.print(log, `External API awaiting for connections at: ${host.host}:8000`)
const doom = (host: FakeHost): void => host.print(log, 'error: uncaughtException: listen EADDRINUSE :::8001')

const signalling = '>> CLUSTER: Sending ready signal to master'
const coreExited = 'App [Trueno-Core] with id [0] and pid [9], exited with code [1] via signal [SIGINT]'

/** Hosts on which every script works, but `start` on those that are broken. */
function hosts(broken: readonly string[] = []): readonly FakeHost[] {
  return ['a', 'b', 'c'].map((key) =>
    fakeHost(key, {
      follow: true,
      read: { evidence: () => ok },
      run: { start: () => (broken.includes(key) ? failed(74, 'it runs already') : ok), stop: () => ok },
    }),
  )
}

/** What came of it: codes of the failed hosts, and the held ones. */
function outcome({ failed: problems, held }: Applied): unknown {
  return [[...problems].map(([host, told]) => `${host} ${told.map(({ code }) => code).join()}`), [...held]]
}

/** `phase host outcome` and `phase outcome summary` of what finished. */
function finished({ events }: FakeEngine): readonly string[] {
  return events.flatMap((event) => {
    if (event.kind === 'hostFinished') return [`${event.phase} ${event.host} ${event.outcome}`]
    return event.kind === 'phaseFinished' ? [`${event.phase} ${event.outcome}: ${event.summary}`] : []
  })
}

/** What was said of phases as a whole. */
const said = ({ events }: FakeEngine): readonly string[] =>
  events.flatMap((event) => (event.kind === 'phaseProgress' ? [event.message] : []))

const calls = (list: readonly FakeHost[]): readonly string[] =>
  list.flatMap(({ host, calls: all }) => all.map((call) => `${host} ${call}`))

describe('apply', () => {
  it('sends each script with the token, and tells what it does', async () => {
    const [a] = hosts()
    const fake = fakeEngine(a === undefined ? [] : [a])
    expect(outcome(await carryOut(fake, planOf([phase({ a: [start] })])))).toEqual([[], []])
    expect(a?.calls).toEqual(['start 7 /h'])
    const place = { phase: 'startOthers', host: 'a' }
    expect(fake.events).toEqual([
      { kind: 'phaseStarted', phase: 'startOthers', title: 'Start others', hosts: ['a'] },
      { kind: 'stepStarted', ...place, step: 'start', title: 'Start' },
      { kind: 'stepFinished', ...place, step: 'start' },
      { kind: 'hostFinished', ...place, outcome: 'done' },
      { kind: 'phaseFinished', phase: 'startOthers', outcome: 'done', summary: '1 host' },
    ])
  })

  it('is thrown out of by what should not happen', async () => {
    const fake = fakeEngine([fakeHost('a')])
    await expect(carryOut(fake, planOf([phase({ a: [start] })]))).rejects.toThrow('a: nobody expects start')
  })
})

describe('a host that fails', () => {
  it('does not hide the others: where each may go on, they do; they are told in the order of cluster.json', async () => {
    const list = hosts(['c', 'b'])
    const fake = fakeEngine(list)
    const plan = planOf([
      phase({ c: [start, stop], b: [start], a: [start] }),
      phase({ a: [stop], c: [stop] }, { id: 'balance' }),
    ])
    expect(outcome(await carryOut(fake, plan))).toEqual([['b precondition', 'c precondition'], []])
    expect(calls(list)).toEqual(['a start 7 /h', 'a stop 7 /h', 'b start 7 /h', 'c start 7 /h'])
    expect(fake.events.filter(({ kind }) => kind === 'stepFailed')).toMatchObject([
      { host: 'c', problem: { code: 'precondition', cause: 'it runs already', host: 'c' } },
      { host: 'b', problem: { code: 'precondition', host: 'b' } },
    ])
    expect(finished(fake)).toContain('startOthers failed: failed on 2 of 3 hosts')
  })

  it('keeps a phase from being entered that cannot succeed without it', async () => {
    const list = hosts(['b'])
    const fake = fakeEngine(list)
    const waiting = phase({ a: [wait('a')], b: [wait('b')] }, { id: 'awaitReady', needs: 'every' })
    const after = phase({ a: [stop] }, { id: 'balance' })
    expect(outcome(await carryOut(fake, planOf([phase({ b: [start] }), waiting, after])))).toEqual([
      ['b precondition'],
      ['a'],
    ])
    expect(finished(fake).slice(2)).toEqual(['awaitReady a skipped', 'awaitReady skipped: not begun without b'])
  })

  it('is named in the order of cluster.json by a phase that is not begun, whichever failed first', async () => {
    const fake = fakeEngine(hosts(['c', 'b']))
    const waiting = phase({ a: [wait('a')] }, { id: 'awaitReady', needs: 'every' })
    await carryOut(fake, planOf([phase({ c: [start], b: [start] }), waiting]))
    expect(finished(fake).at(-1)).toBe('awaitReady skipped: not begun without b, c')
  })

  it('has a phase left out that is for runs without failures, and nobody misses it', async () => {
    const list = hosts(['b'])
    const fake = fakeEngine(list)
    const tidy = phase({ a: [stop], b: [stop] }, { id: 'prune', needs: 'success' })
    expect(outcome(await carryOut(fake, planOf([phase({ a: [start], b: [start] }), tidy])))).toEqual([
      ['b precondition'],
      [],
    ])
    expect(calls(list)).toEqual(['a start 7 /h', 'b start 7 /h'])
    const well = hosts()
    expect(outcome(await carryOut(fakeEngine(well), planOf([tidy])))).toEqual([[], []])
    expect(calls(well)).toEqual(['a stop 7 /h', 'b stop 7 /h'])
  })

  it('counts also when it could not be reached at all', async () => {
    const fake = fakeEngine(hosts())
    const plan = planOf([phase({ a: [start], b: [start] }, { needs: 'every' })], ['c'])
    expect(outcome(await carryOut(fake, plan))).toEqual([['c no-route'], ['a', 'b']])
  })

  it('lets the others wait 10 s more for causes of their own, then their waits are given up', async () => {
    const list = hosts()
    const [a, b, c] = list
    if (!a || !b || !c) throw new Error('unreachable')
    const fake = fakeEngine(list)
    fake.clock.after(1000, () => doom(a))
    fake.clock.after(10_000, () => doom(b))
    const plan = planOf([phase({ a: [wait('a')], b: [wait('b')], c: [wait('c')] }, { needs: 'every' })])
    expect(outcome(await carryOut(fake, plan))).toEqual([['a port-taken', 'b port-taken'], ['c']])
    expect(fake.elapsed()).toBe(11_000)
    expect(said(fake)).toEqual([
      '1 failed, waiting up to 10 s for what the others find',
      '2 failed, waiting up to 1 s for what the others find',
    ])
    expect(finished(fake)).toEqual([
      'startOthers a failed',
      'startOthers b failed',
      'startOthers c skipped',
      'startOthers failed: failed on 2 of 3 hosts',
    ])
  })

  it('ends the wait of the others as soon as all of them only wait for each other', async () => {
    const list = hosts()
    const [a, b, c] = list
    if (!a || !b || !c) throw new Error('unreachable')
    const fake = fakeEngine(list)
    for (const host of [b, c]) fake.clock.after(1000, () => host.print(log, signalling))
    fake.clock.after(2000, () => c.print(log, coreExited))
    fake.clock.after(3000, () => doom(a))
    fake.clock.after(4000, () => c.print(log, signalling))
    const plan = planOf([phase({ a: [wait('a')], b: [wait('b')], c: [wait('c')] }, { needs: 'every' })])
    expect(outcome(await carryOut(fake, plan))).toEqual([['a port-taken'], ['b', 'c']])
    // Who has just come there may still find out that something of its own ends.
    expect(fake.elapsed()).toBe(9000)
    expect(said(fake)).toEqual(['1 failed, waiting up to 10 s for what the others find'])
  })

  it('does not hold those that are past the barrier, and says so', async () => {
    const list = hosts()
    const [a, b, c] = list
    if (!a || !b || !c) throw new Error('unreachable')
    const fake = fakeEngine(list)
    fake.clock.after(1000, () => b.print(log, '>> CLUSTER: Master proceed signal received...'))
    fake.clock.after(2000, () => c.print(log, signalling))
    fake.clock.after(3000, () => a.print(log, "info: >> CLUSTER(1/2): Host 'c' ready signal received."))
    fake.clock.after(4000, () => doom(a))
    fake.clock.after(14_000, () => serves(b))
    const plan = planOf([phase({ a: [wait('a')], b: [wait('b')], c: [wait('c')] }, { needs: 'every' })])
    expect(outcome(await carryOut(fake, plan))).toEqual([['a port-taken'], ['c']])
    expect(fake.elapsed()).toBe(14_000)
    expect(said(fake)).toEqual([
      '1 of 2 ready signals',
      '1 failed, waiting up to 10 s for what the others find · 1 of 2 ready signals',
      '1 failed, 1 past the barrier goes on · 1 of 2 ready signals',
    ])
  })

  it('lets the others wait to their end where each may go on', async () => {
    const list = hosts()
    const [a, b] = list
    if (!a || !b) throw new Error('unreachable')
    const fake = fakeEngine(list)
    fake.clock.after(1000, () => doom(a))
    fake.clock.after(14_000, () => serves(b))
    expect(outcome(await carryOut(fake, planOf([phase({ a: [wait('a')], b: [wait('b')] })])))).toEqual([
      ['a port-taken'],
      [],
    ])
    expect(fake.elapsed()).toBe(14_000)
  })
})

describe('--parallel', () => {
  it('limits what is done', async () => {
    let now = 0
    let most = 0
    const list = ['a', 'b', 'c'].map(
      (key): FakeHost =>
        fakeHost(key, {
          run: {
            start: async () => {
              most = Math.max(most, ++now)
              await fake.clock.world.sleep(1000)
              now -= 1
              return ok
            },
          },
        }),
    )
    const fake = fakeEngine(list)
    await carryOut(fake, planOf([phase({ a: [start], b: [start], c: [start] }, { parallel: 2 })]))
    expect([most, fake.elapsed()]).toEqual([2, 2000])
  })

  it('does not limit waiting: what others wait for can still be done', async () => {
    const [a, b] = hosts()
    if (!a || !b) throw new Error('unreachable')
    const c = fakeHost('c', {
      run: {
        start: () => {
          for (const host of [a, b]) serves(host)
          return ok
        },
      },
    })
    const plan = planOf([phase({ a: [wait('a')], b: [wait('b')], c: [start] }, { parallel: 1 })])
    expect(outcome(await carryOut(fakeEngine([a, b, c]), plan))).toEqual([[], []])
  })
})

it('Ctrl-C lets scripts finish, begins nothing more, and is what apply ends with', async () => {
  const reason = new InterruptedError('stop')
  const a = fakeHost('a', {
    run: {
      start: async () => {
        fake.interrupt(reason)
        await fake.clock.world.sleep(5000)
        return ok
      },
    },
  })
  const [, b] = hosts()
  if (b === undefined) throw new Error('unreachable')
  const fake = fakeEngine([a, b])
  const plan = planOf([phase({ a: [start, stop], b: [wait('b')] }), phase({ b: [stop] })])
  await expect(carryOut(fake, plan)).rejects.toBe(reason)
  expect([calls([a, b]), b.followed(), fake.elapsed()]).toEqual([['a start 7 /h'], [], 5000])
})
