import type { Cluster, HostKey } from '../../src/cluster/cluster.js'
import type { Facts } from '../../src/cluster/facts.js'
import { componentsOf } from '../../src/trueno/components.js'
import { emptyFacts, hash, processOf, releaseId } from '../helpers/fixtures.js'

export const balancer = { host: 'front', sourcePort: 9000 }

export const start = { id: '1-1', time: 1, release: releaseId, clusterFile: hash('{}\n'), environment: hash('') }
const receipt = {
  version: 1,
  clusterId: 'c'.repeat(32),
  name: 'lab',
  key: '',
  roles: [],
  member: true,
  release: { id: releaseId, label: 'Trueno', killTimeoutMs: 1 },
  settings: { home: '~/trueno', data: '~/trueno/data', environment: hash('') },
  peers: ['a', 'b'],
  balancer,
} as const
const api = { port: 8000, address: '*', pid: 100, command: 'node', user: 'trueno', ours: true }

/** A host that has its release, and runs nothing. */
export function installed(key: HostKey, more: Partial<Facts> = {}): Facts {
  return emptyFacts(key, { receipt: { ...receipt, key }, currentRelease: releaseId, ...more })
}

/** A host that runs all of its components, and serves. */
export function servingIn(cluster: Cluster, key: HostKey, more: Partial<Facts> = {}): Facts {
  const host = cluster.hosts.find((one) => one.key === key)
  if (host === undefined) throw new Error(key)
  const processes = ['', ...componentsOf(host, cluster).map(({ process }) => process)].map((name, index) =>
    processOf(name, { pid: 100 + index, upSeconds: 820 }),
  )
  const record = { ...start, bootId: `boot-${key}` }
  return installed(key, { processes, start: record, listeners: [api], ...more })
}
