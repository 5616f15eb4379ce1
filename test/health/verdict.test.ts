import { describe, expect, test } from 'vitest'
import type { Answer, ElasticsearchAnswer, NoAnswer, SparkAnswer } from '../../src/health/probes.js'
import { judgeElasticsearch, judgeGremlin, judgeSpark, judgeTrueno } from '../../src/health/verdict.js'

const refused: NoAnswer = { ok: false, reason: 'refused', detail: 'connection refused' }
const yellow = {
  ok: true,
  status: 'yellow',
  nodes: 2,
  clusterUuid: 'kD3x',
  version: '5.3.2',
  addresses: ['42', '43'],
} as const satisfies Answer<ElasticsearchAnswer>
const alive = {
  ok: true,
  status: 'ALIVE',
  url: 'spark://40:8005',
  aliveWorkers: 2,
  workers: [
    { host: '41', state: 'ALIVE' },
    { host: '42', state: 'ALIVE' },
  ],
} as const satisfies Answer<SparkAnswer>

describe('Trueno and Gremlin', () => {
  test('an answer is well', () => {
    expect([...judgeTrueno('40', { ok: true }), ...judgeGremlin('40', { ok: true })]).toEqual([])
  })

  test('no answer is a problem of that host that says why and where to look', () => {
    expect(judgeTrueno('40', refused)).toEqual([
      {
        host: '40',
        code: 'trueno-not-answering',
        severity: 'error',
        title: 'Trueno does not answer',
        cause: 'nothing listens at 40:8000: Trueno has ended, or has not come up yet',
        evidence: 'connection refused',
        remedy: 'look into its log on 40: run/pm2/logs/Trueno-Core-*.log in our directory there',
      },
    ])
    expect(judgeGremlin('40', { ok: false, reason: 'timeout', detail: 'no answer within 2 s' })).toMatchObject([
      { code: 'gremlin-not-answering', cause: '40:8002 takes the connection, but Gremlin gives no answer in time' },
    ])
  })
})

describe('Elasticsearch', () => {
  const judge = (answers: Record<string, Answer<ElasticsearchAnswer>>, hosts = ['42', '43']) =>
    judgeElasticsearch(hosts, new Map(Object.entries(answers)))
  const codes = (answers: Record<string, Answer<ElasticsearchAnswer>>, hosts?: string[]) =>
    judge(answers, hosts).map(({ code }) => code)

  test('all index hosts in one cluster and yellow is well: green may never come', () => {
    expect(judge({ 42: yellow, 43: yellow })).toEqual([])
  })

  test('no index hosts: nothing to judge', () => {
    expect(judge({}, [])).toEqual([])
  })

  test('each index host that does not answer is told, one that was not asked too', () => {
    expect(judge({ 42: refused }).map(({ host, evidence }) => [host, evidence])).toEqual([
      ['42', 'connection refused'],
      ['43', 'not asked'],
    ])
  })

  test('two clusters are found by their ids though each is well for itself, and told once', () => {
    const alone = { ...yellow, nodes: 1 }
    expect(judge({ 42: alone, 43: { ...alone, clusterUuid: 'p0Qz' } })).toMatchObject([
      { code: 'elasticsearch-split', evidence: '42: cluster kD3x\n43: cluster p0Qz' },
    ])
  })

  test('too few nodes, by whom it is seen', () => {
    expect(judge({ 42: { ...yellow, nodes: 1, addresses: ['42'] }, 43: yellow })).toMatchObject([
      {
        code: 'elasticsearch-nodes-missing',
        cause: 'an index host sees 1 node instead of 2 nodes',
        evidence: '42: 1 node (42)',
      },
    ])
  })

  test('a node of somebody else', () => {
    expect(codes({ 42: { ...yellow, nodes: 3 }, 43: { ...yellow, nodes: 3 } })).toEqual(['elasticsearch-nodes-foreign'])
  })

  test('red is not well', () => {
    expect(codes({ 42: { ...yellow, status: 'red' }, 43: yellow })).toEqual(['elasticsearch-red'])
  })
})

describe('Spark', () => {
  const judge = (answer: Answer<SparkAnswer>) => judgeSpark(['41', '42'], '40', answer)

  test('the master at its place with all workers alive is well', () => {
    expect(judge(alive)).toEqual([])
  })

  test('a master that moved on because its port was taken is named, whatever its workers', () => {
    expect(judge({ ...alive, url: 'spark://40:8006', aliveWorkers: 0 })).toMatchObject([
      { code: 'spark-moved-port', host: '40', evidence: 'http://40:8006/json/ says spark://40:8006' },
    ])
  })

  test('missing workers', () => {
    const workers = [
      { host: '41', state: 'ALIVE' },
      { host: '42', state: 'DEAD' },
    ]
    expect(judge({ ...alive, aliveWorkers: 1, workers })).toMatchObject([
      {
        code: 'spark-workers-missing',
        cause: 'the master has 1 live workers instead of 2 (41, 42)',
        evidence: '41: ALIVE\n42: DEAD',
      },
    ])
  })

  test('foreign workers, a master that recovers, no answer', () => {
    expect(judge({ ...alive, aliveWorkers: 3 })).toMatchObject([{ code: 'spark-workers-foreign' }])
    expect(judge({ ...alive, status: 'RECOVERING' })).toMatchObject([{ code: 'spark-not-alive' }])
    expect(judge(refused)).toMatchObject([{ code: 'spark-not-answering', host: '40' }])
  })
})
