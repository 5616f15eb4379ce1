import { expect, it } from 'vitest'
import type { Engine } from '../../src/engine/engine.js'
import { verify } from '../../src/engine/verify.js'
import type { Answer, Probes, SparkAnswer } from '../../src/health/probes.js'
import { emptyFacts, exampleCluster, hostOf, processOf } from '../helpers/fixtures.js'
import { renderFacts } from '../helpers/render-facts.js'
import { type FakeEngine, fakeEngine } from './fake-engine.js'
import { type FakeHost, fakeHost, said } from './fake-host.js'

const cluster = exampleCluster({ hosts: [hostOf('a', ['master'])], coordinator: 'a' })
const facts = new Map([['a', emptyFacts('a')]])
const processes = ['', 'Trueno-Core', 'Spark-Master', 'Cerebro', 'Gremlin-Server'].map((name, index) =>
  processOf(name, { pid: 10 + index }),
)
const ok = { ok: true } as const
const refused = { ok: false, reason: 'refused', detail: 'refused' } as const
const spark: Answer<SparkAnswer> = { ok: true, status: 'ALIVE', url: 'spark://a:8005', aliveWorkers: 0, workers: [] }

const log = '==> /d/logs/gremlin_server-err-1.log <=='
const noJava = `${log}\nJAVA_HOME is not set`
const core = 'process\t10\t90\t\t0\tPM2 v2.6.1: God Daemon (/h)\nprocess\t11\t90\tTrueno-Core\t0\tnode'
const gremlin = (pid: number, restarts: number): string => `process\t${pid}\t3\tGremlin-Server\t${restarts}\tjava`

interface Verifying extends FakeEngine {
  readonly host: FakeHost
  /** Codes of what is not well in the end. */
  end(): Promise<readonly string[]>
  /** Codes of what was found meanwhile. */
  found(): readonly string[]
  /** When, in milliseconds since the beginning. */
  foundAt(): readonly number[]
}

interface Scenario {
  /** Whether Gremlin answers after so many milliseconds. */
  readonly gremlin?: (elapsed: number) => boolean
  readonly spark?: Answer<SparkAnswer>
  /** What a look finds then: logs, then lines of the state. */
  readonly look?: (elapsed: number) => readonly string[]
}

function verifying({ gremlin: answers = () => false, spark: master = spark, look }: Scenario): Verifying {
  const read = {
    facts: () => said(renderFacts(emptyFacts('a', { processes }))),
    ...(look && { evidence: () => said(look(fake.elapsed()).join('\n')) }),
  }
  const host = fakeHost('a', { read })
  const fake = fakeEngine([host])
  const unexpected = (): Promise<never> => Promise.reject(new Error('nobody expects this question'))
  const probes: Probes = {
    http: async () => ok,
    gremlin: async () => (answers(fake.elapsed()) ? ok : refused),
    elasticsearch: unexpected,
    spark: async () => master,
  }
  const at: number[] = []
  const emit: Engine['emit'] = (event) => {
    if (event.kind === 'finding') at.push(fake.elapsed())
    fake.engine.emit(event)
  }
  const engine: Engine = { ...fake.engine, emit, probes: () => probes }
  return {
    ...fake,
    host,
    end: async () => (await fake.clock.run(verify(cluster, facts, engine), 600_000)).map(({ code }) => code),
    foundAt: () => at,
    found: () => fake.events.flatMap((event) => (event.kind === 'finding' ? [event.problem.code] : [])),
  }
}

const state = '==> state <==\nnow\t1'

it('a cluster that is well is asked once, and no host is looked at for causes', async () => {
  const { end, host, elapsed } = verifying({ gremlin: () => true })
  expect(await end()).toEqual([])
  expect(host.calls.map((call) => call.split(' ')[0])).toEqual(['facts'])
  expect(elapsed()).toBe(0)
})

it('what tells in its only life why it will never answer ends the wait, a little later', async () => {
  const { end, found, elapsed, events } = verifying({ look: () => [noJava, state, core, gremlin(14, 0)] })
  expect(await end()).toEqual(['java-missing'])
  expect(found()).toEqual(['java-missing'])
  expect(elapsed()).toBe(3000)
  expect(events).toContainEqual(
    expect.objectContaining({
      kind: 'hostFinished',
      outcome: 'failed',
      problem: expect.objectContaining({ code: 'java-missing' }),
    }),
  )
})

it('a line that comes while it is waited on does so too', async () => {
  const look = (elapsed: number) => [...(elapsed < 10_000 ? [] : [noJava]), state, core, gremlin(14, 0)]
  const { end, elapsed, events } = verifying({ look })
  expect(await end()).toEqual(['java-missing'])
  expect(elapsed()).toBeLessThan(15_000)
  // What stays as it is, is said once.
  expect(events.filter(({ kind }) => kind === 'phaseProgress')).toHaveLength(1)
})

it('what has ended once is told, and waited on: it may answer after all', async () => {
  const { end, found, elapsed } = verifying({
    gremlin: (ms) => ms >= 20_000,
    look: () => [noJava, state, core, gremlin(15, 1)],
  })
  expect(await end()).toEqual([])
  expect(found()).toEqual(['java-missing'])
  expect(elapsed()).toBe(20_000)
})

it('what ends again and again while it is watched is not waited for', async () => {
  const { end, elapsed } = verifying({
    look: (ms) => [noJava, state, core, gremlin(15 + Math.floor(ms / 4000), 1 + Math.floor(ms / 4000))],
  })
  expect(await end()).toEqual(['java-missing'])
  expect(elapsed()).toBeLessThan(15_000)
})

it('neither is what has ended and is not started again', async () => {
  const exited = 'App [Gremlin-Server] with id [1] and pid [14], exited with code [1] via signal [SIGINT]'
  const look = () => [noJava, '==> /h/run/pm2/pm2.log <==', exited, state, core]
  const { end, elapsed } = verifying({ look })
  expect(await end()).toEqual(['java-missing'])
  expect(elapsed()).toBeLessThan(10_000)
})

it('neither is a host on which nothing runs any more', async () => {
  const { end, elapsed } = verifying({ look: () => [state] })
  expect(await end()).toEqual(['died'])
  expect(elapsed()).toBeLessThan(10_000)
})

it('at half of its patience it says what is waited for, and goes on; where nothing is known it tells what it sees', async () => {
  const waiting = ['==> /h/run/pm2/logs/Trueno-Core-out-0.log <==', 'Gremlin Server starting...']
  const { end, found, foundAt, elapsed } = verifying({ look: () => [...waiting, state, core, gremlin(14, 0)] })
  expect(await end()).toEqual(['gremlin-not-answering'])
  expect(found()).toEqual(['component-not-ready'])
  expect(foundAt()).toEqual([30_000])
  expect(elapsed()).toBe(60_000)
})

it("Spark's master at another port is not waited for: it stays there", async () => {
  const { end, elapsed } = verifying({
    gremlin: () => true,
    spark: { ...spark, url: 'spark://a:8015' },
    look: () => [state, core],
  })
  expect(await end()).toEqual(['spark-moved-port'])
  expect(elapsed()).toBe(0)
})
