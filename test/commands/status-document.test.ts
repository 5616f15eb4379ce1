import { describe, expect, it } from 'vitest'
import type { Cluster } from '../../src/cluster/cluster.js'
import type { Facts, MarkedProcess } from '../../src/cluster/facts.js'
import type { Status } from '../../src/cluster/status.js'
import { unknownSurroundings } from '../../src/cluster/surroundings.js'
import type { Health } from '../../src/commands/host-status.js'
import { statusOf } from '../../src/commands/status-document.js'
import { errorProblem, type Problem } from '../../src/errors.js'
import type { ClusterAnswers } from '../../src/health/health.js'
import { emptyFacts, exampleCluster, hostOf, processOf, releaseId } from '../helpers/fixtures.js'
import { balancer, installed, servingIn } from './serving.js'

const cluster: Cluster = exampleCluster({
  hosts: [
    hostOf('a', ['master', 'compute']),
    hostOf('b', ['compute', 'index']),
    hostOf('front', [], { member: false }),
  ],
  coordinator: 'a',
  balancer,
})

function serving(key: string, more: Partial<Facts> = {}): Facts {
  return servingIn(cluster, key, more)
}

const balancing: MarkedProcess = processOf('', { part: 'balancer', command: 'node loadbalancer' })
const front = installed('front', { processes: [balancing] })

const elasticsearch = {
  ok: true,
  status: 'green',
  nodes: 1,
  version: '5.3.2',
  clusterUuid: 'u',
  addresses: ['b'],
} as const
const spark = { ok: true, status: 'ALIVE', aliveWorkers: 1, url: 'spark://a:8005', workers: [] } as const
const silent = { ok: false, reason: 'refused', detail: 'refused' } as const
const ok = { ok: true } as const

const answers: ClusterAnswers = new Map([
  ['a', { trueno: ok, gremlin: ok, elasticsearch: null, spark }],
  ['b', { trueno: ok, gremlin: ok, elasticsearch, spark: null }],
])
const well: Health = { answers, balancer: ok }
const none: Health = { answers: new Map(), balancer: null }
const dead: Health = {
  answers: new Map([
    ['a', { trueno: silent, gremlin: silent, elasticsearch: null, spark: silent }],
    ['b', { trueno: silent, gremlin: silent, elasticsearch: silent, spark: null }],
  ]),
  balancer: silent,
}

function status(facts: readonly Facts[], health: Health, chosen: readonly string[] | null = null): Status {
  const found = new Map(facts.map((one) => [one.host, one]))
  const missing = cluster.hosts.filter(({ key }) => !found.has(key))
  const unreachable = new Map(missing.map(({ key }) => [key, gone(key)]))
  return statusOf({ cluster, facts: found, surroundings: unknownSurroundings, unreachable }, health, { chosen })
}

function gone(host: string): Problem {
  return errorProblem({ code: 'no-route', title: 'Gone', cause: 'gone', remedy: 'look', host })
}

/** `state` of the cluster, then of each host. */
function states({ state, hosts }: Status): readonly string[] {
  return [state, ...hosts.map((host) => host.state)]
}

describe('status', () => {
  const ready = status([serving('a'), serving('b'), front], well)

  it('of a cluster that is well has all that scripts are promised', () => {
    const running = { state: 'running', restarts: 0, upSeconds: 820 }
    expect({ ...ready, hosts: ready.hosts.slice(0, 1) }).toEqual({
      version: 1,
      cluster: 'lab',
      state: 'ready',
      coordinator: 'a',
      release: releaseId,
      elasticsearch: { status: 'green', nodes: 1, expectedNodes: 1, version: '5.3.2' },
      spark: { status: 'ALIVE', workers: 1, expectedWorkers: 1 },
      balancer: { host: 'front', sourcePort: 9000, state: 'running', targets: 2 },
      hosts: [
        {
          host: 'a',
          roles: ['master', 'compute'],
          reachable: true,
          state: 'ready',
          release: releaseId,
          components: [
            { name: 'core', ...running, pid: 101, port: 8000, answers: true },
            { name: 'gremlin', ...running, pid: 102, port: 8002, answers: true },
            { name: 'sparkMaster', ...running, pid: 103, port: 8005, answers: true },
            { name: 'cerebro', ...running, pid: 104, port: 8008, answers: null },
          ],
          disk: { freeBytes: 10_240_000_000, releases: 0, storeBytes: 0, dataBytes: null },
          problems: [],
        },
      ],
    })
    expect(states(ready)).toEqual(['ready', 'ready', 'ready', 'ready'])
  })

  it('of a host that cannot be reached has its problem, and no more', () => {
    const told = status([serving('a'), front], { ...well, answers: new Map([...answers].slice(0, 1)) })
    expect(states(told)).toEqual(['degraded', 'ready', 'unknown', 'ready'])
    expect(told.hosts[1]).toEqual({
      host: 'b',
      roles: ['compute', 'index'],
      reachable: false,
      state: 'unknown',
      release: null,
      components: [],
      disk: null,
      problems: [gone('b')],
    })
    expect(told.elasticsearch).toEqual({ status: 'unreachable', nodes: 0, expectedNodes: 1, version: null })
  })

  it('with a deep look has what was measured, and what was changed by hand, also where nothing runs', () => {
    const facts = [serving('a', { releases: [releaseId], storeKiB: 7 }), installed('b'), front]
    const changed = errorProblem({ code: 'host-release-changed', title: 't', cause: 'c', remedy: 'r', host: 'b' })
    const contents = { changes: null, releasesKiB: 2, artifactsKiB: 10, dataKiB: 100 }
    const deep = new Map(['a', 'b'].map((key) => [key, { contents, problems: key === 'b' ? [changed] : [] }]))
    const found = new Map(facts.map((one) => [one.host, one]))
    const told = statusOf(
      { cluster, facts: found, surroundings: unknownSurroundings, unreachable: new Map() },
      none,
      { chosen: null },
      deep,
    )
    expect(told.hosts.map(({ disk }) => disk)).toMatchObject([
      { releases: 1, storeBytes: 12_288, dataBytes: 102_400 },
      { storeBytes: 12_288, dataBytes: 102_400 },
      { storeBytes: 0, dataBytes: null },
    ])
    expect(told.hosts[1]).toMatchObject({ state: 'stopped', problems: [changed] })
    expect(status(facts, none).hosts[0]?.disk).toMatchObject({ releases: 1, storeBytes: 7168, dataBytes: null })
  })

  it('of a host that does not run as it was started says why', () => {
    const coreless = serving('b')
    const processes = coreless.processes.filter(({ name }) => name !== 'Trueno-Core')
    const told = status([serving('a'), { ...coreless, processes }, front], well)
    expect(states(told)).toEqual(['degraded', 'ready', 'degraded', 'ready'])
    expect(told.hosts[1]?.problems).toMatchObject([
      { code: 'not-as-started', cause: 'Trueno itself does not run', host: 'b' },
    ])
  })

  it('of a host that runs and does not answer has what is wrong', () => {
    const told = status([serving('a'), serving('b'), front], dead)
    expect(states(told)).toEqual(['degraded', 'degraded', 'degraded', 'degraded'])
    expect(told.hosts.map(({ problems }) => problems.map(({ code }) => code))).toEqual([
      ['trueno-not-answering', 'gremlin-not-answering', 'spark-not-answering'],
      ['trueno-not-answering', 'gremlin-not-answering', 'elasticsearch-not-answering'],
      [],
    ])
    expect(told.balancer?.state).toBe('failing')
  })

  it.each<[title: string, facts: readonly Facts[], states: readonly string[]]>([
    ['no host can be reached', [], ['unknown', 'unknown', 'unknown', 'unknown']],
    ['no host carries it', ['a', 'b', 'front'].map((key) => emptyFacts(key)), ['absent', 'absent', 'absent', 'absent']],
    ['it is down', [installed('a'), installed('b'), installed('front')], ['stopped', 'stopped', 'stopped', 'stopped']],
    [
      'a first up came to some hosts only',
      [installed('a'), emptyFacts('b'), emptyFacts('front')],
      ['stopped', 'stopped', 'absent', 'absent'],
    ],
    [
      'it waits at its barrier',
      [serving('a', { listeners: [] }), installed('b'), installed('front')],
      ['starting', 'starting', 'stopped', 'stopped'],
    ],
  ])('when %s', (_title, facts, expected) => {
    const told = status(facts, none)
    expect(states(told)).toEqual(expected)
    const idle = told.hosts.filter(({ state }) => state === 'stopped' || state === 'absent')
    expect(idle.flatMap(({ problems }) => problems)).toEqual([])
  })

  it('is degraded while the balancer does not run', () => {
    const told = status([serving('a'), serving('b'), installed('front')], { ...well, balancer: silent })
    expect(states(told)).toEqual(['degraded', 'ready', 'ready', 'stopped'])
    expect(told.balancer?.state).toBe('stopped')
    expect(told.hosts.map(({ problems }) => problems.map(({ code }) => code))).toEqual([[], [], ['not-as-started']])
    expect(told.hosts[2]?.problems[0]?.remedy).toContain('run `trueno-deploy up`')
  })

  it('of a host on which a component ends again and again has that, although it answers', () => {
    const loops = serving('b')
    const processes = loops.processes.map((one) =>
      one.name === 'Elasticsearch' ? { ...one, restarts: 6, upSeconds: 1 } : one,
    )
    const told = status([serving('a'), { ...loops, processes }, front], well)
    expect(states(told)).toEqual(['degraded', 'ready', 'degraded', 'ready'])
    expect(told.hosts[1]?.components.map(({ name, state }) => [name, state])).toContainEqual([
      'elasticsearch',
      'restarting',
    ])
    expect(told.hosts[1]?.problems).toMatchObject([{ code: 'keeps-restarting', host: 'b' }])
    expect(told.hosts[1]?.problems[0]?.cause).toMatch(/ended 6 times .* running for 1 s now/)
  })

  it('shows the chosen hosts only, and judges what concerns all', () => {
    const told = status([serving('a'), serving('b'), front], dead, ['b'])
    expect(told.hosts.map(({ host }) => host)).toEqual(['b'])
    expect(status([serving('a'), serving('b'), front], well, ['b']).state).toBe('ready')
  })
})
