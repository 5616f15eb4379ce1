import type { Balancer, Cluster, Host, Role } from '../../src/cluster/cluster.js'
import type { Release } from '../../src/trueno/release.js'
import { exampleCluster, hash, hostOf, releaseOf } from '../helpers/fixtures.js'
import type { Chance } from './chance.js'

/** A cluster of so many hosts, the first its coordinator; `from` is the number of its first host. */
export function clusterOf(roles: readonly (readonly Role[])[], balancer: Balancer | null = null, from = 0): Cluster {
  const hosts = roles.map((own, index) => hostOf(keyOf(from + index), own))
  const content = `${JSON.stringify(Object.fromEntries(hosts.map((host) => [host.key, rolesAsFile(host)])))}\n`
  const outside = balancer === null || hosts.some(({ key }) => key === balancer.host)
  return exampleCluster({
    hosts: outside ? hosts : [...hosts, hostOf(balancer.host, [], { member: false })],
    coordinator: keyOf(from),
    balancer,
    // Then every other release is pruned.
    keepReleases: 1,
    file: { content, sha256: hash(content) },
  })
}

/** Two to eight hosts, at least one of which keeps the index; sometimes with a balancer. */
export function drawCluster(chance: Chance): Cluster {
  const count = chance.pick([2, 2, 3, 3, 4, 4, 5, 6, 8])
  const roles = Array.from({ length: count }, (_, index) => drawRoles(chance, index === 0))
  if (!roles.some((own) => own.includes('index'))) roles[chance.whole(0, count - 1)]?.push('index')
  const host = chance.pick([keyOf(0), keyOf(count - 1), 'balancer.sim'])
  return clusterOf(roles, chance.happens(0.3) ? { host, sourcePort: 9000 } : null)
}

function drawRoles(chance: Chance, isMaster: boolean): Role[] {
  const others = (['compute', 'backend', 'index'] as const).filter(() => chance.happens(0.5))
  return isMaster ? ['master', ...others] : others
}

function keyOf(index: number): string {
  return `10.1.${Math.floor(index / 200)}.${40 + (index % 200)}`
}

function rolesAsFile(host: Host): Partial<Record<Role, boolean>> {
  return Object.fromEntries(host.roles.map((role) => [role, true]))
}

/** The same cluster with a setting that every host is to be started anew for. */
export function withOtherSettings(cluster: Cluster): Cluster {
  return { ...cluster, hosts: cluster.hosts.map((host) => ({ ...host, environment: { TRUENO_SETTING: 'other' } })) }
}

/** Large enough for hosts to pass it on. */
export function firstRelease(): Release {
  const release = releaseOf()
  return { ...release, artifacts: release.artifacts.map((artifact) => ({ ...artifact, bytes: 2_000_000 })) }
}

/** The later of two releases; they share all but the package. */
export function nextRelease(): Release {
  const release = firstRelease()
  const artifacts = release.artifacts.map((artifact) =>
    artifact.name === 'package' ? { ...artifact, sha256: hash('package 2') } : artifact,
  )
  return { ...release, id: hash('release 2'), label: 'Trueno next', artifacts }
}
