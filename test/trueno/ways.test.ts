import { describe, expect, it } from 'vitest'
import type { Role } from '../../src/cluster/cluster.js'
import { countWays, waysFrom } from '../../src/trueno/ways.js'
import { exampleCluster, hostOf } from '../helpers/fixtures.js'

function clusterOf(count: number, rolesOf: (index: number) => readonly Role[]) {
  const hosts = Array.from({ length: count }, (_, index) =>
    hostOf(`h${index}`, index === 0 ? ['master'] : rolesOf(index)),
  )
  return exampleCluster({ hosts, coordinator: 'h0' })
}

function waysOf(cluster: ReturnType<typeof exampleCluster>): readonly string[] {
  return cluster.hosts.flatMap((host) => waysFrom(host, cluster)).map(({ from, to, port }) => `${from} ${to}:${port}`)
}

describe('the connections that hosts make', () => {
  it('are those of the contract', () => {
    const [coordinator, backend, one, two] = ['10.0.0.40', '10.0.0.41', '10.0.0.42', '10.0.0.43']
    const balancer = { host: '10.0.0.9', sourcePort: 9000 }
    const cluster = exampleCluster({ balancer })
    const withBalancer = { ...cluster, hosts: [...cluster.hosts, hostOf(balancer.host, [], { member: false })] }
    const toCoordinator = (from: string) => [8001, 8002, 8005].map((port) => `${from} ${coordinator}:${port}`)
    expect(waysOf(withBalancer)).toEqual([
      `${coordinator} ${one}:8004`,
      `${coordinator} ${two}:8004`,
      ...toCoordinator(`${backend}`),
      `${backend} ${one}:8004`,
      `${backend} ${two}:8004`,
      ...toCoordinator(`${one}`),
      `${one} ${two}:8004`,
      `${one} ${two}:9300`,
      ...toCoordinator(`${two}`),
      `${two} ${one}:8004`,
      `${two} ${one}:9300`,
      ...[coordinator, backend, one, two].map((to) => `${balancer.host} ${to}:8000`),
    ])
    expect(countWays(withBalancer)).toBe(waysOf(withBalancer).length)
  })

  it('go to Spark from workers only', () => {
    const cluster = clusterOf(3, (index) => (index === 1 ? ['compute'] : []))
    expect(waysOf(cluster).filter((way) => way.endsWith(':8005'))).toEqual(['h1 h0:8005'])
  })
})

describe('in a large cluster', () => {
  it.each([4, 50, 200])('of %i hosts that are all alike, each tries a few, and each is tried by some', (count) => {
    const cluster = clusterOf(count, () => ['compute', 'index'])
    const each = cluster.hosts.map((host) => waysFrom(host, cluster))
    expect(Math.max(...each.map((ways) => ways.length))).toBeLessThanOrEqual(3 + 16 + 16)
    const tried = new Map<string, number>()
    for (const { to, port } of each.flat()) tried.set(`${to} ${port}`, (tried.get(`${to} ${port}`) ?? 0) + 1)
    const enough = Math.min(count - 2, 8)
    const index = cluster.hosts.slice(1).map(({ key }) => key)
    const little = index
      .flatMap((key) => [`${key} 8004`, `${key} 9300`])
      .filter((way) => (tried.get(way) ?? 0) < enough)
    expect(little).toEqual([])
    expect(each.flat().every(({ from, to }) => from !== to)).toBe(true)
  })

  it('all are counted, and with few index hosts all are tried', () => {
    const alike = clusterOf(200, () => ['compute', 'index'])
    expect(countWays(alike)).toBe(199 * 3 + 199 * 199 + 199 * 198 + 0)
    const usual = clusterOf(200, (index) => (index < 4 ? ['compute', 'index'] : ['compute']))
    expect(countWays(usual)).toBe(waysOf(usual).length)
    expect(waysOf(usual).length).toBe(199 * 3 + 3 * 2 + 197 * 3 + 3 * 2)
  })
})
