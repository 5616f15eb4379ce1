import { describe, expect, it } from 'vitest'
import type { Cluster } from '../../src/cluster/cluster.js'
import type { Facts, Listener } from '../../src/cluster/facts.js'
import { workflows } from '../../src/phases/workflows.js'
import { buildPlan, isEmpty } from '../../src/plan/build.js'
import type { Plan } from '../../src/plan/plan.js'
import type { Release } from '../../src/trueno/release.js'
import { emptyFacts, exampleCluster, hash, hostOf, processOf, releaseOf } from '../helpers/fixtures.js'
import { follow } from '../helpers/follow-plan.js'

const clusterId = 'c'.repeat(32)

type FactsByHost = ReadonlyMap<string, Facts>

function fresh(cluster: Cluster): FactsByHost {
  return new Map(cluster.hosts.map(({ key }) => [key, emptyFacts(key)]))
}

function plan(workflow: Plan['workflow'], cluster: Cluster, facts: FactsByHost, release: Release = releaseOf()): Plan {
  const inputs = {
    cluster,
    clusterId,
    facts,
    release: workflow === 'up' ? release : null,
    unreachable: new Map(),
    chosen: null,
    parallel: 64,
  }
  return buildPlan(workflow, workflows[workflow], inputs)
}

function up(cluster: Cluster, facts: FactsByHost, release?: Release): Plan {
  return plan('up', cluster, facts, release)
}

/** `phase host: step step`, one line a host. */
function outline(built: Plan): readonly string[] {
  return built.phases.flatMap((phase) =>
    phase.work.map(({ host, steps }) => `${phase.id} ${host.slice(-2)}: ${steps.map(({ id }) => id).join(' ')}`),
  )
}

function running(cluster: Cluster, release?: Release): FactsByHost {
  const facts = fresh(cluster)
  return follow(up(cluster, facts, release), facts, cluster)
}

function changed(facts: FactsByHost, host: string, change: (facts: Facts) => Facts): FactsByHost {
  return new Map([...facts].map(([key, value]) => [key, key === host ? change(value) : value]))
}

const stopped = (facts: Facts): Facts => ({ ...facts, processes: [], listeners: [] })

it('what others have on other addresses of the same machine makes no difference', () => {
  const cluster = exampleCluster()
  const facts = fresh(cluster)
  const elsewhere: Listener = {
    port: 8001,
    address: '127.9.9.9',
    ours: false,
    pid: null,
    user: null,
    command: null,
  }
  const crowded = changed(facts, '10.0.0.40', (one) => ({ ...one, listeners: [elsewhere] }))
  expect(up(cluster, crowded).phases).toEqual(up(cluster, facts).phases)
})

describe('up', () => {
  it('on empty hosts: stage, configure, the coordinator to its barrier, the others, all ready', () => {
    const cluster = exampleCluster()
    const configuring = 'write-cluster-file write-environment activate write-receipt'
    expect(outline(up(cluster, fresh(cluster)))).toEqual([
      'stage 40: fetch-runtime fetch-package fetch-gremlin_server fetch-cerebro fetch-spark assemble',
      'stage 41: fetch-runtime fetch-package fetch-gremlin_server fetch-cerebro fetch-spark assemble',
      'stage 42: fetch-runtime fetch-package fetch-gremlin_server fetch-cerebro fetch-elasticsearch fetch-trueno_elastic_bridge_server fetch-spark assemble',
      'stage 43: fetch-runtime fetch-package fetch-gremlin_server fetch-cerebro fetch-elasticsearch fetch-trueno_elastic_bridge_server fetch-spark assemble',
      `configure 40: ${configuring}`,
      `configure 41: ${configuring}`,
      `configure 42: ${configuring}`,
      `configure 43: ${configuring}`,
      'startCoordinator 40: start wait-coordinatorAwaits',
      'startOthers 41: start',
      'startOthers 42: start',
      'startOthers 43: start',
      'awaitReady 40: wait-apiReady',
      'awaitReady 41: wait-apiReady',
      'awaitReady 42: wait-apiReady',
      'awaitReady 43: wait-apiReady',
    ])
  })

  it('says why each step is there', () => {
    const cluster = exampleCluster()
    const [first] = up(cluster, fresh(cluster)).phases[0]?.work[0]?.steps.slice(-1) ?? []
    expect(first?.reason).toBe(`release differs: none → ${releaseOf().id.slice(0, 7)}`)
  })

  it('on a cluster that is already so is empty', () => {
    const cluster = exampleCluster()
    expect(up(cluster, running(cluster))).toMatchObject({ phases: [], problems: [] })
  })

  it('brings a host with a new role what its release lacks, and nothing else', () => {
    const cluster = exampleCluster()
    const asked = exampleCluster({
      hosts: cluster.hosts.map((host) => (host.key === '10.0.0.41' ? { ...host, roles: ['compute', 'index'] } : host)),
    })
    const built = up(asked, running(cluster))
    const stage = built.phases.find(({ id }) => id === 'stage')
    expect(outline({ ...built, phases: stage === undefined ? [] : [stage] })).toEqual([
      'stage 41: fetch-elasticsearch fetch-trueno_elastic_bridge_server assemble',
    ])
    expect(stage?.work[0]?.steps.at(-1)).toMatchObject({
      title: `Complete release ${releaseOf().id.slice(0, 7)}`,
      reason: "the host's roles need elasticsearch, trueno_elastic_bridge_server",
    })
    expect(isEmpty(up(asked, running(asked)))).toBe(true)
  })

  it('with a balancer is empty the second time, and restarts it when its targets change', () => {
    const balancer = { host: '10.0.0.40', sourcePort: 9000 }
    const cluster = exampleCluster({ balancer })
    expect(isEmpty(up(cluster, running(cluster)))).toBe(true)
    const moved = exampleCluster({ balancer: { ...balancer, sourcePort: 9001 } })
    expect(outline(up(moved, running(cluster))).at(-1)).toBe(
      'balance 40: stop-balancer write-balancer start-balancer wait-balancerAnswers',
    )
  })

  it('gives a balancer host outside of the cluster the package and its Node, and starts no Trueno there', () => {
    const cluster = exampleCluster()
    const outside = hostOf('10.0.0.99', [], { member: false })
    const balanced = {
      ...cluster,
      hosts: [...cluster.hosts, outside],
      balancer: { host: outside.key, sourcePort: 9000 },
    }
    expect(outline(up(balanced, fresh(balanced))).filter((line) => line.includes(' 99: '))).toEqual([
      'stage 99: fetch-runtime fetch-package assemble',
      'configure 99: write-cluster-file write-environment activate write-receipt',
      'balance 99: write-balancer start-balancer wait-balancerAnswers',
    ])
  })

  it('starts one stopped host of a running cluster without the barrier, so that another failure does not hold it', () => {
    const cluster = exampleCluster()
    const built = up(cluster, changed(running(cluster), '10.0.0.42', stopped))
    expect(outline(built)).toEqual(['startOthers 42: start', 'awaitReady 42: wait-apiReady'])
    expect(built.phases.map(({ needs }) => needs)).toEqual(['each', 'each'])
  })

  it('brings a restarted coordinator to its barrier while the others go on', () => {
    const cluster = exampleCluster()
    expect(outline(up(cluster, changed(running(cluster), '10.0.0.40', stopped)))).toEqual([
      'startCoordinator 40: start wait-coordinatorAwaits',
      'awaitReady 40: wait-apiReady',
    ])
  })

  it('continues where a run ended after the coordinator began to wait', () => {
    const cluster = exampleCluster()
    const atBarrier = [...running(cluster)].map(
      ([key, facts]) => [key, key === '10.0.0.40' ? { ...facts, listeners: [] } : stopped(facts)] as const,
    )
    expect(outline(up(cluster, new Map(atBarrier))).slice(0, 2)).toEqual([
      'startCoordinator 40: wait-coordinatorAwaits',
      'startOthers 41: start',
    ])
  })

  it('starts what has not come to the barrier anew with its coordinator, and leaves alone what serves', () => {
    const cluster = exampleCluster()
    const waiting = changed(running(cluster), '10.0.0.41', (facts) => ({ ...facts, listeners: [] }))
    expect(outline(up(cluster, changed(waiting, '10.0.0.40', stopped)))).toEqual([
      'stopOthers 41: stop',
      'startCoordinator 40: start wait-coordinatorAwaits',
      'startOthers 41: start',
      'awaitReady 40: wait-apiReady',
      'awaitReady 41: wait-apiReady',
    ])
  })

  it('lets the balancer have its port while Trueno is stopped', () => {
    const cluster = exampleCluster({ balancer: { host: '10.0.0.40', sourcePort: 9000 } })
    const listener = { pid: 7, port: 9000, address: '*', user: 'trueno', command: 'node', ours: true }
    const facts = changed(running(cluster), '10.0.0.40', (one) => ({
      ...one,
      processes: [...one.processes, processOf('', { part: 'balancer', pid: listener.pid })],
      listeners: [...one.listeners.filter(({ port }) => port !== 9000), listener],
    }))
    const built = up(cluster, facts, releaseOf({ id: hash('next') }))
    const [stop] = built.phases.find(({ id }) => id === 'stopCoordinator')?.work[0]?.steps ?? []
    expect(stop?.kind === 'run' && stop.args.filter((arg) => arg.startsWith('9000'))).toEqual([])
  })

  it('stops what runs another release, others before the coordinator, and starts it again', () => {
    const cluster = exampleCluster()
    const next = releaseOf({ id: hash('next') })
    const lines = outline(up(cluster, running(cluster), next))
    expect(lines.filter((line) => /^(?:stop|start)/.test(line))).toEqual([
      'stopOthers 41: stop',
      'stopOthers 42: stop',
      'stopOthers 43: stop',
      'stopCoordinator 40: stop',
      'startCoordinator 40: start wait-coordinatorAwaits',
      'startOthers 41: start',
      'startOthers 42: start',
      'startOthers 43: start',
    ])
    expect(lines.filter((line) => line.startsWith('stage'))).toEqual(
      ['40', '41', '42', '43'].map((host) => `stage ${host}: assemble`),
    )
  })

  it.each([
    [
      "pm2's daemon is gone",
      (facts: Facts) => ({ ...facts, processes: facts.processes.filter(({ name }) => name !== '') }),
    ],
    [
      'Trueno itself does not run',
      (facts: Facts) => ({ ...facts, processes: facts.processes.filter(({ name }) => name !== 'Trueno-Core') }),
    ],
    [
      'processes of an earlier start are left',
      (facts: Facts) => ({ ...facts, processes: [...facts.processes, processOf('Spark-Worker', { startId: '0-9' })] }),
    ],
    [
      'Elasticsearch ended before the host served',
      (facts: Facts) => ({ ...facts, listeners: [], exits: { Elasticsearch: 1 } }),
    ],
    [
      'Gremlin Server does not run',
      (facts: Facts) => ({ ...facts, processes: [...facts.processes, processOf('Cerebro')] }),
    ],
    ['processes run without a start record', (facts: Facts) => ({ ...facts, start: null })],
  ])('restarts a host where %s', (why, change) => {
    const cluster = exampleCluster()
    const [phase] = up(cluster, changed(running(cluster), '10.0.0.41', change)).phases
    expect(phase?.work).toMatchObject([{ host: '10.0.0.41', steps: [{ id: 'stop', reason: why }] }])
  })

  describe('beyond the limit of a start', () => {
    const barrier: Listener = { port: 8001, address: '*', pid: 100, user: 'trueno', command: 'node', ours: true }
    const limits = { connect: 1, status: 1, start: 5_000, stop: 1, step: 1 }
    const cluster = exampleCluster({ timeouts: limits })
    const waiting = new Map([...running(cluster)].map(([key, facts]) => [key, { ...facts, listeners: [barrier] }]))
    const stops = (facts: FactsByHost) => outline(up(cluster, facts)).filter((line) => line.startsWith('stop'))

    it('begins anew what all wait for at the barrier, and does not come', () => {
      expect(stops(waiting)).toEqual([
        'stopOthers 41: stop',
        'stopOthers 42: stop',
        'stopOthers 43: stop',
        'stopCoordinator 40: stop',
      ])
    })

    it('begins anew what does not come to the barrier, and lets wait what waits for it', () => {
      expect(stops(changed(waiting, '10.0.0.42', (facts) => ({ ...facts, listeners: [] })))).toEqual([
        'stopOthers 42: stop',
      ])
      expect(stops(changed(waiting, '10.0.0.42', stopped))).toEqual([])
    })
  })

  it('restarts where settings differ from those it was started with', () => {
    const cluster = exampleCluster()
    const facts = running(cluster)
    const hosts = cluster.hosts.map((host) =>
      host.key === '10.0.0.41' ? { ...host, spark: { ...host.spark, daemonHeap: '2g' } } : host,
    )
    const [phase] = up({ ...cluster, hosts }, facts).phases
    expect(phase?.work).toMatchObject([
      { host: '10.0.0.41', steps: [{ reason: 'settings differ from those it was started with' }] },
    ])
  })
})

describe('down', () => {
  it('stops the balancer, then the others, then the coordinator', () => {
    const cluster = exampleCluster({ balancer: { host: '10.0.0.40', sourcePort: 9000 } })
    expect(outline(plan('down', cluster, running(cluster)))).toEqual([
      'stopBalancer 40: stop-balancer',
      'stopOthers 41: stop',
      'stopOthers 42: stop',
      'stopOthers 43: stop',
      'stopCoordinator 40: stop',
    ])
  })

  it('of what is down is empty', () => {
    const cluster = exampleCluster()
    const facts = running(cluster)
    expect(isEmpty(plan('down', cluster, follow(plan('down', cluster, facts), facts, cluster)))).toBe(true)
  })
})
