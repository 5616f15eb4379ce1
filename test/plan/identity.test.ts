import { describe, expect, it } from 'vitest'
import type { Facts } from '../../src/cluster/facts.js'
import type { Receipt } from '../../src/cluster/receipt.js'
import { workflows } from '../../src/phases/workflows.js'
import { buildPlan, clusterIdOf } from '../../src/plan/build.js'
import type { Plan } from '../../src/plan/plan.js'
import { emptyFacts, exampleCluster, hash, processOf, releaseId } from '../helpers/fixtures.js'

const cluster = exampleCluster()
const keys = cluster.hosts.map(({ key }) => key)
const fresh = 'f'.repeat(32)

function receipt(more: Partial<Receipt>): Receipt {
  const release = { id: releaseId, label: 'Trueno dev', killTimeoutMs: 10_000 }
  const settings = { home: '/home/trueno/trueno', data: '/home/trueno/trueno/data', environment: hash('') }
  const rest = { version: 1, name: 'lab', key: '', roles: [], member: true, settings, balancer: null } as const
  return { ...rest, clusterId: 'c'.repeat(32), release, peers: keys, ...more }
}

function factsWith(more: Readonly<Record<string, Partial<Facts>>>): ReadonlyMap<string, Facts> {
  return new Map(keys.map((key) => [key, emptyFacts(key, more[key] ?? {})]))
}

describe('the identity of a cluster is', () => {
  it.each<[string, Readonly<Record<string, Partial<Facts>>>, string]>([
    ['a new one where nobody has a receipt', {}, fresh],
    ['that of a receipt which knows the coordinator', { '10.0.0.42': { receipt: receipt({}) } }, 'c'.repeat(32)],
    [
      "the coordinator's own before another's",
      { '10.0.0.40': { receipt: receipt({ clusterId: 'a'.repeat(32) }) }, '10.0.0.42': { receipt: receipt({}) } },
      'a'.repeat(32),
    ],
    [
      'not that of a host of another cluster',
      { '10.0.0.42': { receipt: receipt({ peers: ['10.0.0.42', '10.0.0.99'] }) } },
      fresh,
    ],
  ])('%s', (_case, more, id) => {
    expect(clusterIdOf(cluster, factsWith(more), fresh)).toBe(id)
  })
})

describe('another identity on a host', () => {
  const other = 'd'.repeat(32)
  const planned = (workflow: Plan['workflow'], more: Partial<Facts>): readonly string[] => {
    const release = { id: releaseId, label: 'Trueno dev', killTimeoutMs: 10_000, artifacts: [] }
    const facts = factsWith({ '10.0.0.42': { releases: [releaseId], ...more } })
    const inputs = { cluster, clusterId: 'c'.repeat(32), facts, release, unreachable: new Map(), parallel: 64 }
    const chosen = ['10.0.0.42']
    return buildPlan(workflow, workflows[workflow], { ...inputs, chosen }).problems.map(({ code }) => code)
  }

  it('of the same hosts is given up, where nothing runs by it', () => {
    expect(planned('up', { receipt: receipt({ clusterId: other }) })).not.toContain('other-cluster')
  })

  it('keeps up and down from what runs by it', () => {
    const processes = [processOf('Trueno-Core', { clusterId: other })]
    expect(planned('up', { processes })).toContain('other-cluster')
    expect(planned('down', { processes })).toEqual(['other-cluster'])
  })
})
