import { expect, it } from 'vitest'
import { explainProblems } from '../../src/engine/explain-problems.js'
import { unwellIn } from '../../src/engine/unwell.js'
import { errorProblem, type Problem } from '../../src/errors.js'
import { emptyFacts, exampleCluster, hostOf } from '../helpers/fixtures.js'
import { fakeEngine } from './fake-engine.js'
import { fakeHost, said } from './fake-host.js'

const cluster = exampleCluster({
  hosts: [hostOf('a', ['master']), hostOf('b', []), hostOf('c', []), hostOf('d', ['compute'])],
  coordinator: 'a',
})
const silent = (host: string): Problem =>
  errorProblem({ code: 'gremlin-not-answering', title: 'Gremlin does not answer', cause: 'refused', remedy: '-', host })
const workers = errorProblem({ code: 'spark-workers-missing', title: 'few', cause: 'few', remedy: 'wait', host: 'a' })
const running =
  '==> state <==\nnow\t1\nprocess\t6\t30\t\t0\tPM2 v2.6.1: God Daemon (/h)\nprocess\t7\t30\tTrueno-Core\t0\tnode\n'
const noJava = `==> /d/logs/gremlin_server-err-1.log <==\nJAVA_HOME is not set\n${running}`

async function told(problems: readonly Problem[], evidence: Readonly<Record<string, string>>): Promise<unknown> {
  const hosts = Object.entries(evidence).map(([host, text]) => fakeHost(host, { read: { evidence: () => said(text) } }))
  const { engine, clock } = fakeEngine(hosts)
  const facts = new Map(hosts.map(({ host }) => [host, emptyFacts(host)]))
  const { connections, world } = engine
  const around = { cluster, facts, connections, world }
  const all = await clock.run(explainProblems(problems, unwellIn(problems, cluster, new Map()), around), 60_000)
  return all.map(({ host, code }) => [host, code])
}

it('what gives no answer is told by its cause where the host knows one; the rest stays as it is', async () => {
  expect(await told([silent('a'), silent('b'), silent('c')], { a: noJava, b: running })).toEqual([
    ['a', 'java-missing'],
    ['b', 'gremlin-not-answering'],
    ['c', 'gremlin-not-answering'],
  ])
})

it('where nothing of ours runs any more, that is told', async () => {
  expect(await told([silent('b')], { b: '==> state <==\nnow\t1\n' })).toEqual([['b', 'died']])
})

it('a worker that its master lacks is looked for on its own host; what is missing is told with its cause', async () => {
  const crashed = '==> /d/logs/spark-err-1.log <==\nFailed to create work directory /d/work'
  expect(await told([workers], { d: `${crashed}\n${running}` })).toEqual([
    ['d', 'work-not-writable'],
    ['a', 'spark-workers-missing'],
  ])
})
