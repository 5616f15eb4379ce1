import { expect, it } from 'vitest'
import type { Step } from '../../src/plan/plan.js'
import { layoutOf } from '../../src/trueno/layout.js'
import { emptyFacts, processOf } from '../helpers/fixtures.js'
import { renderFacts } from '../helpers/render-facts.js'
import { fakeEngine } from './fake-engine.js'
import { type FakeHost, failed, fakeHost, ok, said } from './fake-host.js'
import { carryOut, phase, planOf } from './plans.js'

const { coreOut } = layoutOf('/h')
const lost = [
  `==> ${coreOut} <==`,
  'Gremlin Server starting...',
  '==> /d/logs/gremlin_server-out-1.log <==',
  'Channel started at port 8002.',
  '==> state <==',
  'now\t1',
  'process\t70\t30\t\t0\tPM2 v2.6.1: God Daemon (/h/run/pm2)',
  'process\t71\t30\tGremlin-Server\t0\tjava',
  'listener\t8002\ta\t71\tt\tjava\tours',
].join('\n')

const wait: Step = {
  id: 'wait',
  title: 'Wait',
  reason: 'it starts',
  kind: 'wait',
  gate: { id: 'apiReady', key: 'a', home: '/h', data: '/d', port: 8000, expected: ['core', 'gremlin'], awaits: [] },
  timeoutMs: 300_000,
  recovery: [
    { title: 'Stop Trueno', script: 'stop', args: ['/h'] },
    { title: 'Start Trueno', script: 'start', args: ['/h'] },
  ],
}

function losing(start: () => ReturnType<typeof said>): FakeHost {
  const alive = said(renderFacts(emptyFacts('a', { processes: [processOf('Trueno-Core')] })))
  return fakeHost('a', {
    follow: true,
    read: { facts: () => alive, evidence: () => said(lost) },
    run: { stop: () => ok, start },
  })
}

it('a ready line that Trueno missed costs one stop and start of that host, as the plan permits', async () => {
  const host = losing(() => ok)
  const fake = fakeEngine([host])
  fake.clock.after(1000, () => host.print(coreOut, 'Gremlin Server starting...'))
  fake.clock.after(40_000, () => host.print(coreOut, 'External API awaiting for connections at: a:8000'))
  const { failed: problems } = await carryOut(fake, planOf([phase({ a: [wait] })]))
  expect([...problems]).toEqual([])
  expect(host.calls.filter((call) => /^(?:stop|start)/.test(call))).toEqual(['stop 7 /h', 'start 7 /h'])
  expect(fake.events.filter(({ kind }) => kind === 'finding')).toMatchObject([
    { problem: { code: 'ready-line-lost', severity: 'warning' } },
  ])
})

it('it is made once, and its failure is told', async () => {
  const again = losing(() => ok)
  const first = fakeEngine([again])
  for (const seconds of [1, 30])
    first.clock.after(seconds * 1000, () => again.print(coreOut, 'Gremlin Server starting...'))
  const { failed: lostAgain } = await carryOut(first, planOf([phase({ a: [wait] })]))
  expect(lostAgain.get('a')).toMatchObject([
    { code: 'ready-line-lost', cause: expect.stringContaining('waited 300 s') },
  ])
  expect(again.calls.filter((call) => call.startsWith('start'))).toHaveLength(1)

  const refused = losing(() => failed(74, 'no release is active'))
  const second = fakeEngine([refused])
  second.clock.after(1000, () => refused.print(coreOut, 'Gremlin Server starting...'))
  const { failed: problems } = await carryOut(second, planOf([phase({ a: [wait] })]))
  expect(problems.get('a')).toMatchObject([{ code: 'precondition', cause: 'no release is active' }])
})
