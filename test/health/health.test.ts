import { expect, test } from 'vitest'
import { errorProblem, ProblemError } from '../../src/errors.js'
import { askCluster, judgeCluster } from '../../src/health/health.js'
import type { Answer, ElasticsearchAnswer, Probes, SparkAnswer } from '../../src/health/probes.js'
import { exampleCluster } from '../helpers/fixtures.js'

const signal = new AbortController().signal
const elasticsearch: Answer<ElasticsearchAnswer> = {
  ok: true,
  status: 'green',
  nodes: 2,
  clusterUuid: 'kD3x',
  version: '5.3.2',
  addresses: [],
}
const spark: Answer<SparkAnswer> = {
  ok: true,
  status: 'ALIVE',
  url: 'spark://10.0.0.40:8005',
  aliveWorkers: 3,
  workers: [],
}

/** Probes that note what they are asked, and answer well. */
function probesThat(asked: string[], host: string): Probes {
  const note = async <T>(what: string, answer: T): Promise<T> => {
    asked.push(`${host}: ${what}`)
    return answer
  }
  return {
    http: (address, port) => note(`${address}:${port}`, { ok: true }),
    gremlin: (address) => note(`gremlin ${address}`, { ok: true }),
    elasticsearch: (address) => note(`elasticsearch ${address}`, elasticsearch),
    spark: (address) => note(`spark ${address}`, spark),
  }
}

test('each host is asked, through its own connection, for what its roles run', async () => {
  const asked: string[] = []
  const answers = await askCluster(exampleCluster(), (host) => probesThat(asked, host), signal)
  expect(asked.sort()).toEqual([
    '10.0.0.40: 10.0.0.40:8000',
    '10.0.0.40: gremlin 10.0.0.40',
    '10.0.0.40: spark 10.0.0.40',
    '10.0.0.41: 10.0.0.41:8000',
    '10.0.0.41: gremlin 10.0.0.41',
    '10.0.0.42: 10.0.0.42:8000',
    '10.0.0.42: elasticsearch 10.0.0.42',
    '10.0.0.42: gremlin 10.0.0.42',
    '10.0.0.43: 10.0.0.43:8000',
    '10.0.0.43: elasticsearch 10.0.0.43',
    '10.0.0.43: gremlin 10.0.0.43',
  ])
  expect(judgeCluster(exampleCluster(), answers)).toEqual([])
})

test('a host without a connection is told once, and does not hide the others', async () => {
  const lost = errorProblem({
    code: 'unreachable',
    title: '',
    cause: 'there is no connection to 10.0.0.43',
    remedy: '',
  })
  const probesOf = (host: string) => {
    if (host === '10.0.0.43') throw new ProblemError([lost])
    return probesThat([], host)
  }
  const problems = judgeCluster(exampleCluster(), await askCluster(exampleCluster(), probesOf, signal))
  expect(problems.map(({ host, code, evidence }) => [host, code, evidence])).toEqual([
    ['10.0.0.43', 'connection-lost', lost.cause],
  ])
})
