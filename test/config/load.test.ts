import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Cluster } from '../../src/cluster/cluster.js'
import { type Files, load } from './memory-files.js'

const cluster = '{ "node1": { "master": true, "compute": true },\r\n\t"node2": { "index": true, "backend": false } }'

test('cluster.json alone is enough', async () => {
  expect(await load({ 'cluster.json': cluster })).toEqual({
    name: 'project',
    hosts: [
      { key: 'node1', roles: ['master', 'compute'], member: true, access: { ssh: 'node1' }, ...builtIn },
      { key: 'node2', roles: ['index'], member: true, access: { ssh: 'node2' }, ...builtIn },
    ],
    coordinator: 'node1',
    balancer: null,
    timeouts: { connect: 10_000, status: 3000, start: 300_000, stop: 60_000, step: 1_800_000 },
    file: { content: cluster, sha256: createHash('sha256').update(cluster).digest('hex') },
    keepReleases: 3,
    hasInventory: false,
  } satisfies Cluster)
})

test('everything that an inventory can say', async () => {
  const inventory = [
    'name: lab',
    'release: releases/trueno.tgz',
    'defaults:',
    '  user: trueno',
    '  port: 2200',
    '  identityFile: keys/lab',
    '  proxyJump: gate.lab,ada@inner:2222',
    '  transport: openssh',
    '  home: /opt/trueno',
    '  java: { home: /usr/lib/jvm/8, heap: { elasticsearch: 4g }, options: { gremlin: [-Xss1m, -Da=b] } }',
    '  spark:',
    '    workerMemory: 8g',
    '    workerCores: 4',
    '    defaults: { spark.eventLog.enabled: "true" }',
    '    log4j: { log4j.logger.org.a: WARN }',
    '  elasticsearch: { settings: { indices.fielddata.cache.size: 20% } }',
    '  gremlin: { log4j: { log4j.logger.org.b: WARN } }',
    '  environment: { TZ: Europe/Berlin, EMPTY: "" }',
    'hosts:',
    '  node2:',
    '    ssh: second',
    '    port: 22',
    '    transport: auto',
    '    identityFile: ~/.ssh/other',
    '    data: /data/trueno',
    '    java: { heap: { gremlin: 1g }, options: { gremlin: [-Xss2m] } }',
    '    spark: { daemonHeap: 2g, localIp: 10.0.0.2, defaults: { spark.eventLog.enabled: "false" } }',
    '    elasticsearch: { settings: { script.inline: true } }',
    '    environment: { TZ: UTC, MORE: "yes" }',
    'balancer: { host: outside.lab, sourcePort: 8000 }',
    'timeouts: { connect: 500ms, status: 1s, start: 1h, stop: 90s }',
  ]
  const files = { 'clusters/lab/cluster.json': cluster, 'clusters/lab/inventory.yaml': inventory }
  const shared = {
    home: '/opt/trueno',
    data: '/opt/trueno/data',
    java: {
      home: '/usr/lib/jvm/8',
      heap: { elasticsearch: '4g' },
      options: { elasticsearch: [], gremlin: ['-Xss1m', '-Da=b'] },
    },
    spark: {
      daemonHeap: '1g',
      workerMemory: '8g',
      workerCores: 4,
      defaults: { 'spark.eventLog.enabled': 'true' },
      log4j: { 'log4j.logger.org.a': 'WARN' },
    },
    elasticsearch: { settings: { 'indices.fielddata.cache.size': '20%' } },
    gremlin: { log4j: { 'log4j.logger.org.b': 'WARN' } },
    environment: { TZ: 'Europe/Berlin', EMPTY: '' },
  }
  const access = {
    user: 'trueno',
    port: 2200,
    identityFile: '/project/clusters/lab/keys/lab',
    proxyJump: 'gate.lab,ada@inner:2222',
    transport: 'openssh',
  } as const
  const from = Object.fromEntries(Object.keys(access).map((key) => [key, 'inventory.yaml, defaults']))
  const own = ['ssh', 'port', 'transport', 'identityFile'].map((key) => [key, 'inventory.yaml, hosts'])
  expect(await load(files, { clusterFile: 'clusters/lab/cluster.json' })).toEqual({
    name: 'lab',
    release: '/project/clusters/lab/releases/trueno.tgz',
    hosts: [
      {
        key: 'node1',
        roles: ['master', 'compute'],
        member: true,
        access: { ssh: 'node1', ...access, from },
        ...shared,
      },
      {
        key: 'node2',
        roles: ['index'],
        member: true,
        access: {
          ...access,
          ssh: 'second',
          port: 22,
          transport: 'auto',
          identityFile: '/home/ada/.ssh/other',
          from: { ...from, ...Object.fromEntries(own) },
        },
        home: '/opt/trueno',
        data: '/data/trueno',
        java: {
          home: '/usr/lib/jvm/8',
          heap: { elasticsearch: '4g', gremlin: '1g' },
          options: { elasticsearch: [], gremlin: ['-Xss2m'] },
        },
        spark: {
          daemonHeap: '2g',
          workerMemory: '8g',
          workerCores: 4,
          localIp: '10.0.0.2',
          defaults: { 'spark.eventLog.enabled': 'false' },
          log4j: { 'log4j.logger.org.a': 'WARN' },
        },
        elasticsearch: { settings: { 'indices.fielddata.cache.size': '20%', 'script.inline': true } },
        gremlin: { log4j: { 'log4j.logger.org.b': 'WARN' } },
        environment: { TZ: 'UTC', EMPTY: '', MORE: 'yes' },
      },
      { key: 'outside.lab', roles: [], member: false, access: { ssh: 'outside.lab', ...access, from }, ...shared },
    ],
    coordinator: 'node1',
    balancer: { host: 'outside.lab', sourcePort: 8000 },
    timeouts: { connect: 500, status: 1000, start: 3_600_000, stop: 90_000, step: 1_800_000 },
    file: { content: cluster, sha256: createHash('sha256').update(cluster).digest('hex') },
    keepReleases: 3,
    hasInventory: true,
  } satisfies Cluster)
})

test('hosts stand in the order of cluster.json', async () => {
  const names = ['zeta', 'beta', 'alpha', '10.0.0.9', '10.0.0.10']
  const roles = names.map((name) => [name, { master: name === 'beta', index: true }])
  const { hosts, coordinator } = await load({ 'cluster.json': JSON.stringify(Object.fromEntries(roles)) })
  expect([hosts.map((host) => host.key), coordinator]).toEqual([names, 'beta'])
})

test('keys with nothing below them leave everything as it is', async () => {
  const inventory = [
    'defaults:',
    'hosts:',
    '  node1:',
    '  node2: { java:, spark:, environment: }',
    'balancer:',
    'timeouts:',
  ]
  const without = await load({ 'cluster.json': cluster })
  expect(await load({ 'cluster.json': cluster, 'inventory.yaml': inventory })).toEqual({
    ...without,
    keepReleases: 3,
    hasInventory: true,
  })
})

test('a host key with nothing below it hides nothing of the defaults', async () => {
  const inventory = ['defaults: { java: { heap: { gremlin: 1g } } }', 'hosts: { node1: { java: { heap: } } }']
  const { hosts } = await load({ 'cluster.json': cluster, 'inventory.yaml': inventory })
  expect(hosts[0]?.java.heap).toEqual({ gremlin: '1g' })
})

test('the balancer may have a host of the cluster, and its port a default', async () => {
  const { hosts, balancer } = await load({ 'cluster.json': cluster, 'inventory.yaml': 'balancer: { host: node2 }' })
  expect([hosts.length, balancer]).toEqual([2, { host: 'node2', sourcePort: 9000 }])
})

test('a balancer outside the cluster is reached as hosts says', async () => {
  const inventory = ['balancer: { host: front }', 'hosts: { front: { ssh: 10.0.0.1, home: /srv/trueno } }']
  const { hosts } = await load({ 'cluster.json': cluster, 'inventory.yaml': inventory })
  expect(hosts[2]).toMatchObject({
    key: 'front',
    access: { ssh: '10.0.0.1' },
    home: '/srv/trueno',
    data: '/srv/trueno/data',
  })
})

test.each<[string, Files]>([
  ['inventory.yaml', { 'inventory.yaml': 'name: found' }],
  ['inventory.yml', { 'inventory.yml': 'name: found' }],
  ['inventory.json', { 'inventory.json': '{ "name": "found" }' }],
])('%s beside cluster.json is found', async (_name, inventory) => {
  expect(await load({ 'cluster.json': cluster, ...inventory })).toMatchObject({ name: 'found', hasInventory: true })
})

test('an inventory that is named is the only one that counts', async () => {
  const files = { 'cluster.json': cluster, 'inventory.yaml': 'name: found', 'other/mine.conf': 'release: ./here' }
  const loaded = await load(files, { inventoryFile: 'other/mine.conf' })
  expect(loaded).toMatchObject({ name: 'project', release: '/project/other/here', hasInventory: true })
})

test.each([
  ['cluster.json', 'project'],
  ['sites/berlin/cluster.json', 'berlin'],
  ['sites/berlin.json', 'berlin'],
  ['sites/My Cluster (old)/cluster.json', 'My-Cluster-old'],
  ['sites/größe/cluster.json', 'größe'],
  ['sites/../cluster.json', 'project'],
  ['/cluster.json', 'cluster'],
])('the name of %s is %s', async (clusterFile, name) => {
  expect(await load({ [clusterFile]: cluster }, { clusterFile })).toMatchObject({ name })
})

test.each([
  ['standin', 'standin'],
  ['./standin', '/project/standin'],
  ['trueno.tgz', '/project/trueno.tgz'],
  ['~/trueno', '/home/ada/trueno'],
  ['/opt/trueno', '/opt/trueno'],
  ['../trueno', '/trueno'],
])('the option --release %s is %s, whatever the inventory says', async (option, release) => {
  const files = { 'clusters/cluster.json': cluster, 'clusters/inventory.yaml': 'release: other' }
  const loaded = await load(files, { clusterFile: 'clusters/cluster.json', overrides: { release: option } })
  expect(loaded).toMatchObject({ release })
})

test.each([
  ['standin', 'standin'],
  ['./standin', '/project/clusters/standin'],
  ['~/trueno', '/home/ada/trueno'],
  ['/opt/trueno', '/opt/trueno'],
])('release: %s in the inventory is %s', async (text, release) => {
  const files = { 'clusters/cluster.json': cluster, 'clusters/inventory.yaml': `release: ${text}` }
  expect(await load(files, { clusterFile: 'clusters/cluster.json' })).toMatchObject({ release })
})

test('the option for the start goes before the inventory', async () => {
  const files = { 'cluster.json': cluster, 'inventory.yaml': 'timeouts: { start: 1h, stop: 1m }' }
  const { timeouts } = await load(files, { overrides: { timeoutStartMs: 5000 } })
  expect(timeouts).toEqual({ connect: 10_000, status: 3000, start: 5000, stop: 60_000, step: 1_800_000 })
})

test('anchors save writing', async () => {
  const inventory = ['hosts:', '  node1: &big { port: 2222, java: { heap: { gremlin: 4g } } }', '  node2: *big']
  const { hosts } = await load({ 'cluster.json': cluster, 'inventory.yaml': inventory })
  expect(hosts.map(({ access, java }) => [access.port, java.heap.gremlin])).toEqual([
    [2222, '4g'],
    [2222, '4g'],
  ])
})

const builtIn = {
  home: '~/trueno',
  data: '~/trueno/data',
  java: { heap: {}, options: { elasticsearch: [], gremlin: [] } },
  spark: { daemonHeap: '1g', defaults: {}, log4j: {} },
  elasticsearch: { settings: {} },
  gremlin: { log4j: {} },
  environment: {},
}
