import { describe, expect, it } from 'vitest'
import type { Cluster } from '../../src/cluster/cluster.js'
import type { Facts } from '../../src/cluster/facts.js'
import type { Problem } from '../../src/errors.js'
import { workflows } from '../../src/phases/workflows.js'
import { buildPlan } from '../../src/plan/build.js'
import type { Release } from '../../src/trueno/release.js'
import { artifacts, emptyFacts, exampleCluster, hash, processOf, releaseOf } from '../helpers/fixtures.js'

const clusterId = 'c'.repeat(32)
const host = '10.0.0.42'

type Case = {
  facts?: Partial<Facts>
  release?: Partial<Release>
  cluster?: Partial<Cluster>
  others?: (key: string) => Partial<Facts>
  chosen?: readonly string[]
}

function problemsOf({
  facts = {},
  release = {},
  cluster: more = {},
  others = () => ({}),
  chosen,
}: Case): readonly Problem[] {
  const cluster = exampleCluster(more)
  const all = new Map(cluster.hosts.map(({ key }) => [key, emptyFacts(key, key === host ? facts : others(key))]))
  const inputs = {
    cluster,
    clusterId,
    facts: all,
    release: releaseOf(release),
    unreachable: new Map(),
    chosen: chosen ?? null,
    parallel: 64,
  }
  return buildPlan('up', workflows.up, inputs).problems
}

const empty = emptyFacts(host)
const listener = { port: 8004, address: '*', pid: 77, command: 'java', user: 'bob', ours: false }
const receipt = {
  version: 1,
  clusterId,
  name: 'lab',
  key: host,
  roles: [],
  member: true,
  release: { id: 'r', label: 'l', killTimeoutMs: 1 },
  settings: { home: '~/trueno', data: '~/trueno/data', environment: hash('settings') },
  peers: ['10.0.0.40', host],
  balancer: null,
} as const

const cases: Record<string, Case & { expected: Partial<Problem> }> = {
  'a home that cannot be written to': {
    facts: { home: { ...empty.home, writable: false } },
    expected: {
      code: 'home-not-writable',
      host,
      cause: 'user trueno cannot write there: no right to, or a read-only disk',
    },
  },
  'a data directory that cannot be written to': {
    facts: { data: { ...empty.data, writable: false } },
    expected: { code: 'data-not-writable', host },
  },
  'a home on a network file system': {
    facts: { home: { ...empty.home, filesystem: 'nfs4' } },
    expected: { code: 'home-on-network', host },
  },
  'a home too long for the sockets of pm2': {
    facts: { home: { ...empty.home, path: `/home/${'x'.repeat(90)}` } },
    expected: { code: 'home-path-too-long', host },
  },
  'missing tools, all named': {
    facts: { tools: { ...empty.tools, bash: null, sha256sum: null } },
    expected: {
      code: 'tool-missing',
      host,
      cause: 'sha256sum, bash not found on the PATH of a non-interactive session',
    },
  },
  'no Node where the release brings none': {
    release: { hasRuntime: false },
    others: () => ({ nodeVersion: '8.17.0' }),
    expected: { code: 'node-missing', host },
  },
  'a Node on which pm2 is not good': {
    facts: { nodeVersion: '20.20.2' },
    release: { hasRuntime: false },
    others: () => ({ nodeVersion: '12.22.12' }),
    expected: { code: 'node-unsuitable', host, cause: 'the host has Node 20.20.2, the release runs on ^8 || ^12' },
  },
  'no Java for engines that need it': {
    facts: { javaHome: null },
    release: { needsJava: true },
    expected: { code: 'java-missing', host },
  },
  'real Elasticsearch as root': {
    facts: { user: { name: 'root', uid: 0 } },
    release: { realElasticsearch: true },
    expected: {
      code: 'elasticsearch-as-root',
      host,
      remedy:
        'name a user of the host that everything is done as: `runAs: USER` in the inventory; or log in as another: `user:` in the inventory or User in your SSH configuration',
    },
  },
  'too few memory maps for real Elasticsearch': {
    facts: { machine: { ...empty.machine, maxMapCount: 65_530 } },
    release: { realElasticsearch: true },
    expected: {
      code: 'max-map-count-low',
      host,
      cause: 'the kernel allows too few memory maps: vm.max_map_count is 65530, Elasticsearch wants 262144',
      remedy: 'sudo sysctl -w vm.max_map_count=262144; or let `trueno-deploy check --fix` do it',
    },
  },
  'too few open files for real Elasticsearch': {
    facts: { machine: { ...empty.machine, limits: { ...empty.machine.limits, 'open-files': 20_000 } } },
    release: { realElasticsearch: true },
    expected: { code: 'open-files-low', host },
  },
  'too little space for the release': {
    facts: { home: { ...empty.home, freeKiB: 6 } },
    expected: {
      code: 'no-space',
      host,
      cause: 'staging needs below /home/trueno/trueno: 0.0 MiB, 0.0 MiB are free',
    },
  },
  'too few files left for the release': {
    facts: { home: { ...empty.home, freeFiles: 6 } },
    expected: {
      code: 'no-space',
      host,
      cause: 'staging needs below /home/trueno/trueno: 7 files, 6 can still be made',
    },
  },
  'a host that does not know its own name': {
    facts: { ownAddresses: [] },
    expected: { code: 'own-name-unknown', host },
  },
  'a port that another process holds, by whom': {
    facts: { listeners: [listener] },
    expected: {
      code: 'port-taken',
      title: 'port 8004 is taken',
      cause: 'process 77 (user bob, java) listens on *:8004',
      remedy: 'stop that process: kill 77',
      host,
    },
  },
  'a port held by a process that the kernel does not name': {
    facts: { listeners: [{ ...listener, pid: null, user: null, command: null }] },
    expected: {
      code: 'port-taken',
      cause: 'another process (the kernel does not tell this user which) listens on *:8004',
    },
  },
  'two keys that are one machine': {
    facts: { home: { ...empty.home, identity: '8:1' }, machine: { ...empty.machine, bootId: 'same' } },
    others: (key) =>
      key.endsWith('43')
        ? { home: { ...empty.home, identity: '8:1' }, machine: { ...empty.machine, bootId: 'same' } }
        : {},
    expected: {
      code: 'same-machine',
      cause: '10.0.0.42 and 10.0.0.43 have the same boot id and share /home/trueno/trueno',
    },
  },
  'a host of another cluster': {
    others: (key) => (key.endsWith('40') ? { receipt } : {}),
    facts: { receipt: { ...receipt, clusterId: 'd'.repeat(32), name: 'old' } },
    expected: {
      code: 'other-cluster',
      host,
      cause: '/home/trueno/trueno carries cluster old (ddddddd), this is cluster ccccccc',
    },
  },
  'processes of another cluster': {
    facts: { processes: [processOf('Trueno-Core', { clusterId: 'e'.repeat(32) })] },
    expected: { code: 'other-cluster', host },
  },
  'a host that has left cluster.json, as a warning': {
    facts: { receipt: { ...receipt, peers: ['10.0.0.40', '10.0.0.44'] } },
    expected: {
      code: 'former-member',
      severity: 'warning',
      cause: '10.0.0.44 was part of this cluster and is no longer in cluster.json; what runs there is left as it is',
    },
  },
  'settings that only an inventory could tell': {
    cluster: { hasInventory: false },
    facts: { receipt },
    expected: {
      code: 'settings-not-at-hand',
      host,
      cause: '/home/trueno/trueno/etc/environment is gone, and there is no inventory to make it from',
    },
  },
  'a choice of hosts that the barrier would wait beyond': {
    chosen: ['10.0.0.40'],
    expected: { code: 'barrier-needs-all' },
  },
}

describe('checks', () => {
  it.each(Object.entries(cases))('find %s', (_title, { expected, ...given }) => {
    const problems = problemsOf(given)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject(expected)
  })

  it('find every component that the roles start and the release lacks, host by host', () => {
    const without = artifacts.filter(({ name }) => name !== 'spark' && name !== 'elasticsearch')
    const causes = problemsOf({ release: { artifacts: without } }).map(
      ({ host: key, cause }) => `${key} ${cause.slice(0, 60)}`,
    )
    expect(causes).toEqual([
      "10.0.0.40 this host's roles start Spark Master, which the release does",
      "10.0.0.41 this host's roles start Spark Worker, which the release does",
      "10.0.0.42 this host's roles start Elasticsearch, Spark Worker, which t",
      "10.0.0.43 this host's roles start Elasticsearch, Spark Worker, which t",
    ])
  })

  it('count what has arrived of a release that was broken off: it need not find room again', () => {
    const large = artifacts.map((artifact) => ({ ...artifact, bytes: 10e6, space: { bytes: 10e6, files: 1 } }))
    const facts = { home: { ...empty.home, freeKiB: 130_000 } }
    expect(problemsOf({ facts, release: { artifacts: large } })).toMatchObject([{ code: 'no-space', host }])
    expect(problemsOf({ facts: { ...facts, arrivedKiB: 20_000 }, release: { artifacts: large } })).toEqual([])
  })

  it('find nothing on machines that are fit', () => {
    expect(problemsOf({})).toEqual([])
  })

  it('take containers of one kernel for the machines they are, before anything of ours is there', () => {
    const container = (inode: string) => ({
      home: { ...empty.home, exists: false, identity: `8:${inode}/trueno` },
      machine: { ...empty.machine, bootId: 'same' },
    })
    expect(problemsOf({ facts: container('42'), others: (key) => container(key) })).toEqual([])
  })

  it('let a port be taken on another address by a release that binds to its own', () => {
    expect(
      problemsOf({
        facts: { listeners: [{ ...listener, port: 8000, address: '10.9.9.9' }] },
        release: { binds: 'host' },
      }),
    ).toEqual([])
    expect(problemsOf({ facts: { listeners: [{ ...listener, port: 8000, address: '10.9.9.9' }] } })).toHaveLength(1)
  })

  it('tell of a user as whom Trueno may run unseen, where nothing of the cluster is found', () => {
    const facts = { listeners: [{ ...listener, port: 8000 }] }
    const found = problemsOf({ facts }).map(({ code, severity, cause, remedy }) => [code, severity, cause, remedy])
    expect(found).toContainEqual([
      'runs-as-another-user',
      'warning',
      "trueno has nothing of this cluster in /home/trueno/trueno, and user bob listens on port 8000, Trueno's own",
      'if that is Trueno, say so in the inventory: `runAs: bob`',
    ])
    const codes = (more: Partial<Facts>) => problemsOf({ facts: { ...facts, ...more } }).map(({ code }) => code)
    expect(codes({ receipt })).not.toContain('runs-as-another-user')
    expect(codes({ listeners: [{ ...listener, port: 8000, user: 'trueno' }] })).not.toContain('runs-as-another-user')
    expect(codes({ listeners: [{ ...listener, port: 8000, address: '10.9.9.9' }] })).not.toContain(
      'runs-as-another-user',
    )
  })

  it('tell of another user who keeps the host', () => {
    const other = { user: 'elastic', path: '/home/elastic/trueno' }
    const facts = { keptByOthers: [other, { user: 'bob', path: '/b' }], listeners: [{ ...listener, port: 8000 }] }
    expect(problemsOf({ facts })).toContainEqual({
      code: 'kept-by-another-user',
      severity: 'error',
      title: 'the cluster is kept there by another user',
      cause:
        'trueno has nothing of it in /home/trueno/trueno, and user elastic has its receipt in /home/elastic/trueno',
      evidence: 'so has bob in /b',
      remedy: 'say so in the inventory: `runAs: elastic`; or remove /home/elastic/trueno if nobody needs it any more',
      host,
    })
    expect(problemsOf({ facts }).map(({ code }) => code)).not.toContain('runs-as-another-user')
  })

  it('leave kernel limits alone where Elasticsearch listens on loopback or link-local addresses only', () => {
    const facts = {
      machine: { ...empty.machine, maxMapCount: 1, limits: { ...empty.machine.limits, 'open-files': 20_000 } },
    }
    const codes = (...ownAddresses: string[]) =>
      problemsOf({ facts: { ...facts, ownAddresses }, release: { realElasticsearch: true } }).map(({ code }) => code)
    expect(codes('127.0.0.42', '::1')).toEqual([])
    expect(codes('169.254.77.42', 'fe80::42')).toEqual([])
    expect(codes('169.254.77.42', '10.0.0.42')).toEqual(['max-map-count-low', 'open-files-low'])
  })
})
