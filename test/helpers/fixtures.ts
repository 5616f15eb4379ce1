import { createHash } from 'node:crypto'
import type { Cluster, Host, HostSettings, Role } from '../../src/cluster/cluster.js'
import type { Facts, MarkedProcess } from '../../src/cluster/facts.js'
import type { Artifact, Release } from '../../src/trueno/release.js'
import { binaries } from '../../src/trueno/release.js'

/** Values that tests begin with: the example cluster, an empty host, a release of stand-in size. */

export const settings: HostSettings = {
  home: '~/trueno',
  data: '~/trueno/data',
  java: { heap: {}, options: { elasticsearch: [], gremlin: [] } },
  spark: { daemonHeap: '1g', defaults: {}, log4j: {} },
  elasticsearch: { settings: {} },
  gremlin: { log4j: {} },
  environment: {},
}

export function hostOf(key: string, roles: readonly Role[], more: Partial<Host> = {}): Host {
  return { ...settings, key, roles, member: true, access: { ssh: key }, ...more }
}

/** The example of Trueno's documentation. */
export function exampleCluster(more: Partial<Cluster> = {}): Cluster {
  const content = '{}\n'
  return {
    name: 'lab',
    hosts: [
      hostOf('10.0.0.40', ['master', 'compute']),
      hostOf('10.0.0.41', ['compute', 'backend']),
      hostOf('10.0.0.42', ['compute', 'backend', 'index']),
      hostOf('10.0.0.43', ['compute', 'backend', 'index']),
    ],
    coordinator: '10.0.0.40',
    balancer: null,
    timeouts: { connect: 10_000, status: 3000, start: 300_000, stop: 60_000, step: 1_800_000 },
    keepReleases: 3,
    file: { content, sha256: hash(content) },
    hasInventory: true,
    ...more,
  }
}

export function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

export const releaseId = hash('release')

function part(name: string, to: string, needs: Artifact['for']): Artifact {
  return { sha256: hash(name), name, bytes: 1024, space: { bytes: 4096, files: 1 }, to, for: needs }
}

export const artifacts: readonly Artifact[] = [
  part('package', '', 'every'),
  part('runtime', 'runtime', 'every'),
  part('gremlin_server', `${binaries}/gremlin_server`, 'members'),
  part('cerebro', `${binaries}/cerebro`, 'members'),
  part('elasticsearch', `${binaries}/elasticsearch`, ['index']),
  part('trueno_elastic_bridge_server', `${binaries}/trueno_elastic_bridge_server`, ['index']),
  part('spark', `${binaries}/spark`, ['master', 'compute']),
]

export function releaseOf(more: Partial<Release> = {}): Release {
  return {
    id: releaseId,
    kind: 'trueno',
    label: 'Trueno dev',
    nodeRange: '^8 || ^12',
    hasRuntime: true,
    needsJava: false,
    realElasticsearch: false,
    binds: 'all',
    killTimeoutMs: 10_000,
    components: ['gremlin_server', 'elasticsearch', 'cerebro', 'spark', 'trueno_elastic_bridge_server'],
    artifacts,
    ...more,
  } as Release
}

/** A machine that nothing of ours has touched yet. */
export function emptyFacts(host: string, more: Partial<Facts> = {}): Facts {
  const home = {
    path: '/home/trueno/trueno',
    exists: false,
    writable: true,
    obstructed: false,
    identity: null,
    freeKiB: 10_000_000,
    sizeKiB: 20_000_000,
    freeFiles: 1_000_000,
    filesystem: 'ext4',
    readOnly: false,
    noExec: false,
  }
  return {
    host,
    user: { name: 'trueno', uid: 1000 },
    machine: {
      hostname: host,
      os: 'Linux',
      arch: 'x86_64',
      libc: 'glibc',
      bootId: `boot-${host}`,
      cpus: 4,
      memoryKiB: 8_000_000,
      memoryAvailableKiB: 7_000_000,
      clock: 1_700_000_000,
      memoryLimitKiB: null,
      swapKiB: 0,
      maxMapCount: 262_144,
      hugePages: 'madvise',
      limits: {
        'open-files': 65_536,
        threads: 30_000,
        'address-space': Number.POSITIVE_INFINITY,
        'locked-memory': 65_536,
      },
      session: null,
      temporaryNoExec: false,
    },
    home,
    data: { ...home, path: '/home/trueno/trueno/data' },
    tools: {
      bash: '/bin/bash',
      tar: '/bin/tar',
      gzip: '/bin/gzip',
      sha256sum: '/usr/bin/sha256sum',
      node: null,
      java: null,
    },
    nodeVersion: null,
    javaHome: '/usr/lib/jvm/java-8',
    javaVersion: 'java version "1.8.0_402"',
    ownAddresses: [host],
    localAddresses: /^[\d.]+$/.test(host) ? [host] : null,
    names: { [host]: [host] },
    currentRelease: null,
    releases: [],
    parts: {},
    artifacts: [],
    arrivedKiB: 0,
    storeKiB: 0,
    files: { cluster: null, environment: null, engines: null, balancer: null, receipt: null },
    keptByOthers: [],
    receipt: null,
    start: null,
    stoppedStart: null,
    balancerStart: null,
    token: 0,
    lease: null,
    exits: {},
    processes: [],
    listeners: [],
    listenersSeen: true,
    ...more,
  }
}

export function processOf(name: string, more: Partial<MarkedProcess> = {}): MarkedProcess {
  return {
    pid: 100,
    startTicks: 1,
    upSeconds: 10,
    clusterId: 'c'.repeat(32),
    part: 'trueno',
    startId: '1-1',
    name,
    restarts: 0,
    command:
      name === '' ? 'PM2 v2.6.1: God Daemon' : `node /r/lib/${name === 'Trueno-Core' ? 'trueno-post-start' : name}.js`,
    ...more,
  }
}
