import { expect, test } from 'vitest'
import type { Cluster, Host, HostKey, HostSettings } from '../../src/cluster/cluster.js'
import { clusterFromReceipts } from '../../src/cluster/from-receipts.js'
import type { Receipt } from '../../src/cluster/receipt.js'

const builtIn = settings('~/trueno')
const cluster: Cluster = {
  name: 'project',
  hosts: [host('a'), host('b'), host('c')],
  coordinator: 'b',
  balancer: null,
  timeouts: { connect: 1, status: 1, start: 1, stop: 1, step: 1 },
  keepReleases: 3,
  file: { content: '{}', sha256: '00' },
  hasInventory: false,
}

test('with an inventory file the receipts have no say', () => {
  const complete = { ...cluster, hasInventory: true }
  expect(clusterFromReceipts(complete, receipts(receipt('b', '/opt/b')))).toBe(complete)
})

test('without receipts everything stays as it is', () => {
  expect(clusterFromReceipts(cluster, receipts())).toBe(cluster)
})

test('each host has the directories of its own receipt, one without keeps its own', () => {
  const told = clusterFromReceipts(cluster, receipts(receipt('b', '/opt/b'), receipt('c', '/opt/c')))
  expect(told).toEqual({
    ...cluster,
    name: 'lab',
    hosts: [host('a'), { ...host('b'), ...places('/opt/b') }, { ...host('c'), ...places('/opt/c') }],
  })
})

test("where hosts disagree the coordinator's receipt counts, then the first one", () => {
  const [a, b, c] = ['a', 'b', 'c'].map((key) => ({ ...receipt(key, '~/trueno'), name: `named by ${key}` }))
  if (!a || !b || !c) throw new Error('unreachable')
  expect(clusterFromReceipts(cluster, receipts(a, b, c)).name).toBe('named by b')
  expect(clusterFromReceipts(cluster, receipts(c, a)).name).toBe('named by a')
})

test('a balancer in the cluster adds no host', () => {
  const balancer = { host: 'c', sourcePort: 9000 }
  const told = clusterFromReceipts(cluster, receipts({ ...receipt('b', '~/trueno'), balancer }))
  expect([told.hosts, told.balancer]).toEqual([cluster.hosts, balancer])
})

test('a balancer outside is added, reached by its key, and has the directories of its receipt once there is one', () => {
  const balancer = { host: 'front', sourcePort: 80 }
  const b = { ...receipt('b', '/opt/b'), balancer }
  const outside: Host = { ...builtIn, key: 'front', roles: [], member: false, access: { ssh: 'front' } }
  const told = clusterFromReceipts(cluster, receipts(b))
  expect(told.hosts).toEqual([host('a'), { ...host('b'), ...places('/opt/b') }, host('c'), outside])
  const again = clusterFromReceipts(told, receipts(b, { ...receipt('front', '/srv'), member: false }))
  expect(again).toEqual({ ...told, hosts: [...told.hosts.slice(0, 3), { ...outside, ...places('/srv') }] })
})

test('receipts of other hosts are not looked at', () => {
  expect(clusterFromReceipts(cluster, receipts(receipt('stranger', '/opt/x')))).toBe(cluster)
})

function host(key: HostKey): Host {
  return { ...builtIn, key, roles: key === 'b' ? ['master'] : ['index'], member: true, access: { ssh: key } }
}

function settings(home: string): HostSettings {
  return {
    ...places(home),
    java: { heap: {}, options: { elasticsearch: [], gremlin: [] } },
    spark: { daemonHeap: '1g', defaults: {}, log4j: {} },
    elasticsearch: { settings: {} },
    gremlin: { log4j: {} },
    environment: {},
  }
}

function places(home: string): Pick<HostSettings, 'home' | 'data'> {
  return { home, data: `${home}/data` }
}

function receipt(key: HostKey, home: string): Receipt {
  return {
    version: 1,
    clusterId: '0123456789abcdef0123456789abcdef',
    name: 'lab',
    key,
    roles: [],
    member: true,
    release: { id: '00', label: 'stand-in', killTimeoutMs: 1000 },
    settings: { ...places(home), environment: '0'.repeat(64) },
    peers: ['a', 'b', 'c'],
    balancer: null,
  }
}

function receipts(...list: readonly Receipt[]): ReadonlyMap<HostKey, Receipt> {
  return new Map(list.map((one) => [one.key, one]))
}
