import { expect, it } from 'vitest'
import { explainProblems } from '../../src/engine/explain-problems.js'
import { errorProblem } from '../../src/errors.js'
import { emptyFacts } from '../helpers/fixtures.js'
import { fakeEngine } from './fake-engine.js'
import { fakeHost, said } from './fake-host.js'

const silent = (host: string) =>
  errorProblem({
    code: 'gremlin-not-answering',
    title: 'Gremlin does not answer',
    cause: 'refused',
    remedy: 'look',
    host,
  })
const workers = errorProblem({ code: 'spark-workers-missing', title: 'few', cause: 'few', remedy: 'wait', host: 'a' })

it('what gives no answer is told by its cause where the host knows one; the rest stays as it is', async () => {
  const log = '==> /d/logs/gremlin_server-err-1.log <==\nJAVA_HOME is not set\n==> state <==\nnow\t1\n'
  const hosts = [
    fakeHost('a', { read: { evidence: () => said(log) } }),
    fakeHost('b', { read: { evidence: () => said('==> state <==\nnow\t1\n') } }),
  ]
  const { engine, clock } = fakeEngine(hosts)
  const facts = new Map(hosts.map(({ host }) => [host, emptyFacts(host)]))
  const told = await clock.run(explainProblems([silent('a'), workers, silent('b'), silent('c')], facts, engine), 60_000)
  expect(told.map(({ host, code }) => [host, code])).toEqual([
    ['a', 'java-missing'],
    ['a', 'spark-workers-missing'],
    ['b', 'gremlin-not-answering'],
    ['c', 'gremlin-not-answering'],
  ])
})
