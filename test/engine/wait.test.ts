import { describe, expect, it } from 'vitest'
import type { Barrier } from '../../src/engine/barrier.js'
import type { StepRun } from '../../src/engine/step-run.js'
import { createTransfers } from '../../src/engine/transfers.js'
import { waitForGate } from '../../src/engine/wait.js'
import { InterruptedError, type Problem, ProblemError } from '../../src/errors.js'
import type { Step } from '../../src/plan/plan.js'
import { createSlots } from '../../src/ssh/slots.js'
import type { Gate } from '../../src/trueno/gates.js'
import { layoutOf } from '../../src/trueno/layout.js'
import { emptyFacts, processOf } from '../helpers/fixtures.js'
import { renderFacts } from '../helpers/render-facts.js'
import { type FakeEngine, fakeEngine } from './fake-engine.js'
import { type Expected, type FakeHost, fakeHost, ok, said } from './fake-host.js'

const home = '/h'
const { coreOut, coreErr, pm2Log, balancerLog } = layoutOf(home)
const ready = 'External API awaiting for connections at: a:8000'
const exited = 'App [Elasticsearch] with id [2] and pid [9], exited with code [1] via signal [SIGINT]'
const lowMaps = 'max virtual memory areas vm.max_map_count [65530] is too low, increase to at least [262144]'

const alive = said(renderFacts(emptyFacts('a', { processes: [processOf('Trueno-Core')] })))
const api = { port: 8000, address: '*', pid: 100, user: 'trueno', command: 'node', ours: true }
const serving = said(renderFacts(emptyFacts('a', { processes: [processOf('Trueno-Core')], listeners: [api] })))
const dead = said(renderFacts(emptyFacts('a')))

/** Of the coordinator's last wait alone. */
const awaits = { coordinatorAwaits: [], apiReady: ['b', 'c', 'd'], balancerAnswers: [] } satisfies Record<
  Gate['id'],
  string[]
>

interface Waiting extends FakeEngine {
  readonly host: FakeHost
  readonly giveUp: AbortController
  /** Prints lines some seconds after the wait began. */
  at(seconds: number, file: string, ...lines: readonly string[]): void
  /** How it ended: what proves it, or its problem or reason. */
  end(): Promise<unknown>
}

function waiting(id: Gate['id'], expected: Expected = {}, http: Parameters<typeof fakeEngine>[1] = {}): Waiting {
  const host = fakeHost('a', { follow: true, ...expected, read: { facts: () => alive, ...expected.read } })
  const fake = fakeEngine([host], http)
  const giveUp = new AbortController()
  const nothing = (): void => undefined
  const barrier: Barrier = {
    signal: giveUp.signal,
    stands: nothing,
    broke: nothing,
    left: nothing,
    tell: (message) => fake.engine.emit({ kind: 'phaseProgress', phase: 'awaitReady', message }),
    close: nothing,
  }
  const gate: Gate = {
    id,
    key: 'a',
    home,
    data: '/h/data',
    port: 8000,
    expected: ['core', 'elasticsearch', 'gremlin'],
    awaits: awaits[id],
  }
  const step: Extract<Step, { kind: 'wait' }> = {
    id: 'wait',
    title: 'Wait',
    reason: 'it starts',
    kind: 'wait',
    gate,
    timeoutMs: 300_000,
    recovery: [],
  }
  const place = { phase: 'awaitReady', host: 'a', step: 'wait' }
  const { engine } = fake
  const run: StepRun = {
    place,
    engine,
    barrier,
    slots: createSlots(1),
    transfers: createTransfers(engine, 'c', []),
    signal: engine.signal,
    begin: () => undefined,
  }
  const end = async (): Promise<unknown> => {
    try {
      return await fake.clock.run(waitForGate(step, run), 600_000)
    } catch (error) {
      return error instanceof ProblemError ? only(error.problems) : error
    } finally {
      expect(host.followed()).toEqual([])
    }
  }
  const at: Waiting['at'] = (seconds, file, ...lines) => {
    fake.clock.after(seconds * 1000, () => {
      for (const line of lines) host.print(file, line)
    })
  }
  return { ...fake, host, giveUp, at, end }
}

/** A wait that fails with one problem gives that one. */
function only(problems: readonly Problem[]): unknown {
  return problems.length === 1 ? problems[0] : problems
}

const evidence = (...lines: readonly string[]): Expected => ({
  read: { evidence: () => said([...lines, '==> state <==', 'now\t1'].join('\n')) },
})

describe('a wait', () => {
  it('ends with the line that it is for, however it is dressed', async () => {
    const { at, end, elapsed } = waiting('apiReady')
    at(3, coreOut, `[2017-07-17 10:00:00 am] - \u001b[32minfo\u001b[39m: ${ready}`)
    expect(await end()).toBe(ready)
    expect(elapsed()).toBe(3000)
  })

  it('follows core and pm2; of the balancer its own log', async () => {
    const core = waiting('coordinatorAwaits')
    const balancer = waiting('balancerAnswers', {}, { http: [{ ok: true }] })
    core.clock.after(1, () => expect(core.host.followed()).toEqual([coreOut, coreErr, pm2Log]))
    core.at(1, coreOut, '>> CLUSTER: Awaiting for cluster hosts ready signal')
    await core.end()
    balancer.clock.after(1, () => expect(balancer.host.followed()).toEqual([balancerLog]))
    await balancer.end()
  })

  it('tells what the host logs, and how many have signalled', async () => {
    const { at, end, events } = waiting('apiReady')
    at(1, coreOut, "info: >> CLUSTER(2/3): Host 'b' ready signal received.")
    at(2, pm2Log, 'App [Cerebro] online')
    at(3, coreOut, ready)
    await end()
    const place = { phase: 'awaitReady', host: 'a', step: 'wait' }
    expect(events).toEqual([
      { kind: 'stepProgress', ...place, message: ">> CLUSTER(2/3): Host 'b' ready signal received." },
      { kind: 'phaseProgress', phase: 'awaitReady', message: '2 of 3 ready signals; not yet: c, d' },
      { kind: 'stepProgress', ...place, message: ready },
    ])
  })

  it('asks the port where Trueno gave up telling, until it answers', async () => {
    const http = [{ ok: false, reason: 'refused', detail: 'refused' }, { ok: true }] as const
    const { at, end, elapsed } = waiting('apiReady', {}, { http })
    at(1, coreErr, 'error: Error while initializing External API.')
    expect(await end()).toBe('port 8000 answers (Error while initializing External API.)')
    expect(elapsed()).toBe(1100)
  })
})

describe('a wait that is in vain', () => {
  it('ends at once with a cause that is known', async () => {
    const { at, end, host, elapsed } = waiting(
      'apiReady',
      evidence('==> /h/data/logs/elasticsearch-out-2.log <==', lowMaps),
    )
    at(2, pm2Log, exited)
    expect(await end()).toMatchObject({
      code: 'max-map-count-low',
      title: 'Elasticsearch did not start',
      evidence: `/h/data/logs/elasticsearch-out-2.log\n${lowMaps}`,
      host: 'a',
    })
    expect(host.calls.at(-1)).toMatch(/^evidence \/h \/h\/data 400( \d+)+$/)
    // What else fails is told with it.
    expect(elapsed()).toBe(4000)
  })

  it('goes on after one end that nothing explains, and fails at the second, with what it logged', async () => {
    const log = evidence('==> /h/data/logs/elasticsearch-err-2.log <==', 'something odd')
    const { at, end, elapsed } = waiting('apiReady', log)
    at(2, pm2Log, exited)
    at(4, pm2Log, exited)
    expect(await end()).toMatchObject({
      code: 'keeps-restarting',
      title: 'Elasticsearch did not start',
      evidence: 'elasticsearch-err-2.log: something odd',
    })
    expect(elapsed()).toBe(6000)
  })

  it('looks at the host once, and once more before it ends, however often the failure is logged', async () => {
    const { at, end, host } = waiting('coordinatorAwaits', evidence('==> x <=='))
    const doom = 'error: uncaughtException: socket hang up'
    at(1, coreErr, doom, doom, doom)
    expect(await end()).toMatchObject({ code: 'core-crashed', title: 'Trueno itself has crashed' })
    expect(host.calls.filter((call) => call.startsWith('evidence'))).toHaveLength(2)
  })

  it('ends at its limit, and says what it waited for', async () => {
    const { end, elapsed } = waiting('apiReady', evidence('==> x <=='))
    expect(await end()).toMatchObject({
      code: 'not-ready-in-time',
      title: 'Trueno did not get ready',
      cause:
        'waited 300 s for its line "External API awaiting for connections at", and nothing known explains why it did not come',
    })
    expect(elapsed()).toBe(300_000)
  })

  it('ends when a host that has fallen silent has nothing running any more', async () => {
    const states = [alive, dead]
    const facts = (): typeof alive => states.shift() ?? dead
    const { end, elapsed } = waiting('apiReady', { read: { facts, evidence: () => ok } })
    expect(await end()).toMatchObject({ code: 'died', title: 'Trueno has died' })
    expect(elapsed()).toBe(30_000)
  })

  it('is over when a host that has fallen silent has its port open: the line was lost', async () => {
    const { end, elapsed } = waiting('apiReady', { read: { facts: () => serving } })
    expect(await end()).toBe('its port is open, its log is silent')
    expect(elapsed()).toBe(15_000)
  })

  it('tells what it saw itself where the host cannot be looked at any more', async () => {
    const { at, end, elapsed } = waiting('apiReady', { read: { evidence: () => new Promise(() => undefined) } })
    at(1, coreErr, 'error: uncaughtException: listen EADDRINUSE :::8001')
    expect(await end()).toMatchObject({ code: 'port-taken', cause: 'port 8001 is taken by another process' })
    expect(elapsed()).toBe(11_000)
  })
})

describe('a wait is given up', () => {
  it('when the user stops us', async () => {
    const { clock, interrupt, end, elapsed } = waiting('apiReady')
    const stop = new InterruptedError('stop')
    clock.after(5000, () => interrupt(stop))
    expect(await end()).toBe(stop)
    expect(elapsed()).toBe(5000)
  })

  it('when the barrier cannot be passed any more', async () => {
    const { clock, giveUp, end } = waiting('apiReady')
    const broken = new Error('broken')
    clock.after(5000, () => giveUp.abort(broken))
    expect(await end()).toBe(broken)
  })

  it('but not when this host is past the barrier already', async () => {
    const { clock, giveUp, at, end } = waiting('apiReady')
    at(1, coreOut, '>> CLUSTER: Master proceed signal received...')
    clock.after(5000, () => giveUp.abort(new Error('broken')))
    at(6, coreOut, ready)
    expect(await end()).toBe(ready)
  })
})

describe('the barrier', () => {
  const foreign = "info: >> CLUSTER(2/3): Host 'x' ready signal received."
  const look = evidence(`==> ${coreOut} <==`, foreign)

  it('names a host that is not of the cluster, even when it lets the coordinator through', async () => {
    const { at, end } = waiting('apiReady', look)
    at(1, coreOut, foreign, ready)
    expect(await end()).toMatchObject({ code: 'barrier-overshot', cause: expect.stringContaining("Host 'x'") })
  })

  it('is not concerned by one that comes when all have come', async () => {
    const { at, end } = waiting('apiReady')
    at(1, coreOut, "info: >> CLUSTER(3/3): Host 'd' ready signal received.")
    at(2, coreOut, "info: >> CLUSTER(4/3): Host 'x' ready signal received.", ready)
    expect(await end()).toBe(ready)
  })
})

describe('a component', () => {
  const started = 'App name:Elasticsearch id:2 online'
  const log = '/h/data/logs/elasticsearch-out-2.log'

  it('is followed from its start on, and ends the wait with the line that tells why it will fail', async () => {
    const { at, end, host, events } = waiting('apiReady', evidence(`==> ${log} <==`, lowMaps))
    at(1, pm2Log, started)
    at(3, log, 'INFO something', lowMaps)
    expect(await end()).toMatchObject({ code: 'max-map-count-low' })
    expect(host.calls.filter((call) => call.startsWith('facts'))).toEqual([])
    expect(events.filter(({ kind }) => kind === 'finding')).toMatchObject([
      { host: 'a', problem: { code: 'max-map-count-low', severity: 'error' } },
    ])
  })

  it('that is missing is told while nothing else is said, with its last line; at half of the limit too', async () => {
    const scene = [`==> ${coreOut} <==`, 'Elasticsearch starting...', `==> ${log} <==`, 'looking for a master']
    const { at, end, events } = waiting('apiReady', evidence(...scene))
    at(1, pm2Log, started)
    at(1, coreOut, 'info: ⏳ Elasticsearch starting...')
    at(3, log, 'looking for a master')
    at(200, coreOut, ready)
    expect(await end()).toBe(ready)
    expect(events).toContainEqual(
      expect.objectContaining({ message: 'waits for Elasticsearch: looking for a master', kind: 'stepProgress' }),
    )
    expect(events.filter(({ kind }) => kind === 'finding')).toMatchObject([
      { problem: { code: 'component-not-ready', severity: 'warning', evidence: `${log}\nlooking for a master` } },
    ])
  })
})

it('a balancer whose port is taken is told by that alone, however often it ends', async () => {
  const { at, end } = waiting('balancerAnswers', evidence(`==> ${balancerLog} <==`, 'listen EADDRINUSE :::9000'), {
    http: [{ ok: false, reason: 'refused', detail: 'refused' }],
  })
  at(1, balancerLog, 'error: Forever detected script exited with code: 1')
  at(2, balancerLog, 'error: Forever detected script exited with code: 1')
  expect(await end()).toMatchObject({ code: 'port-taken', host: 'a' })
})
