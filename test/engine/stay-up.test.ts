import { expect, it } from 'vitest'
import type { Facts } from '../../src/cluster/facts.js'
import { findRestarting } from '../../src/engine/stay-up.js'
import { emptyFacts, exampleCluster, hostOf, processOf } from '../helpers/fixtures.js'
import { renderFacts } from '../helpers/render-facts.js'
import { fakeEngine } from './fake-engine.js'
import { type FakeHost, fakeHost, said } from './fake-host.js'

const cluster = exampleCluster({ hosts: [hostOf('a', ['master'])], coordinator: 'a' })
const log = '==> /d/logs/gremlin_server-err-1.log <==\nthe frobnicator is jammed\n==> state <==\nnow\t1\n'

/** Gremlin's lives, one a look, the last for ever. */
type Lives = readonly { readonly pid: number; readonly restarts: number; readonly upSeconds: number }[]

function factsWith(life: Lives[number] | undefined): Facts {
  const others = ['Trueno-Core', 'Spark-Master', 'Cerebro'].map((name, index) => processOf(name, { pid: 10 + index }))
  return emptyFacts('a', { processes: [processOf(''), ...others, processOf('Gremlin-Server', life)] })
}

async function told(lives: Lives): Promise<{ codes: readonly string[]; cause: string; host: FakeHost }> {
  let looks = 0
  const facts = () => said(renderFacts(factsWith(lives[Math.min(looks++, lives.length - 1)])))
  const host = fakeHost('a', { read: { facts, evidence: () => said(log) } })
  const { engine, clock } = fakeEngine([host])
  const problems = await clock.run(findRestarting(cluster, engine), 60_000)
  return { codes: problems.map(({ code }) => code), cause: problems[0]?.evidence ?? '', host }
}

it('what has not ended is looked at once', async () => {
  const { codes, host } = await told([{ pid: 1, restarts: 1, upSeconds: 2 }])
  expect(codes).toEqual([])
  expect(host.calls).toHaveLength(1)
})

it('what ended often is looked at until it ends again, and told by what its logs say', async () => {
  const { codes, cause } = await told([
    { pid: 1, restarts: 2, upSeconds: 1 },
    { pid: 1, restarts: 2, upSeconds: 2 },
    { pid: 2, restarts: 3, upSeconds: 0 },
  ])
  expect(codes).toEqual(['keeps-restarting'])
  expect(cause).toContain('the frobnicator is jammed')
})

it('what ended often and stays now is well', async () => {
  const { codes, host } = await told([
    { pid: 1, restarts: 9, upSeconds: 28 },
    { pid: 1, restarts: 9, upSeconds: 29 },
    { pid: 1, restarts: 9, upSeconds: 30 },
  ])
  expect(codes).toEqual([])
  expect(host.calls).toHaveLength(3)
})
