import type { ProblemCode } from '../../catalogue/catalogue.js'
import { type Cluster, type HostKey, members } from '../../cluster/cluster.js'
import type { Facts, MarkedProcess } from '../../cluster/facts.js'
import type { Receipt } from '../../cluster/receipt.js'
import { errorProblem, type Problem } from '../../errors.js'
import type { PlanContext } from '../context.js'
import { toStart } from '../context.js'
import { short } from '../state.js'
import { type Check, type FindAcross, notes, stops, warns } from './checked.js'
import { clocksAgree } from './clocks.js'
import { closedToOthers, noPublicAddress } from './exposure.js'
import { keptByAnother, otherRunUser } from './run-user.js'
import { copiesHavePlaces, type FindInShape, majorityNeeded, workersThere } from './shape.js'
import { hostsNear, namesKnown, portsAccepted, portsAnswer, routesThere, waysTried } from './ways.js'

/** What is looked at when all hosts have been. */
export const clusterChecks = {
  'same-machine': stops(oneMachineTwice),
  'other-cluster': stops(foreignClusters),
  'barrier-needs-all': stops(barrierNeedsAll),
  'peer-silent': stops(portsAnswer),
  'peer-no-route': stops(routesThere),
  'peer-name-unknown': stops(namesKnown),
  'former-member': warns(formerMembers),
  'peer-rejects': warns(portsAccepted),
  'ways-untried': warns(waysTried),
  'peer-far': warns(hostsNear),
  'clock-skew': warns(clocksAgree),
  'open-to-this-machine': warns(closedToOthers),
  'public-address': warns(noPublicAddress),
  'split-brain': notes(inShape(majorityNeeded)),
  'replicas-unplaced': notes(inShape(copiesHavePlaces)),
  'no-spark-worker': notes(inShape(workersThere)),
} satisfies Partial<Record<ProblemCode, Check<FindAcross>>>

function inShape(find: FindInShape): FindAcross {
  return ({ cluster }, release) => find(cluster, release)
}

/** Two keys that reach the same directory of the same boot are one machine under two names. */
function oneMachineTwice({ facts }: PlanContext): readonly Problem[] {
  const groups = groupBy([...facts.values()], ({ machine, home }) => `${machine.bootId} ${home.identity ?? home.path}`)
  return groups.filter((group) => group.length > 1).flatMap((group) => sameMachine(group))
}

function sameMachine(group: readonly Facts[]): readonly Problem[] {
  const keys = group.map((facts) => facts.host).join(' and ')
  return group.slice(1).map((facts) =>
    errorProblem({
      code: 'same-machine',
      title: 'two hosts are one machine',
      cause: `${keys} have the same boot id and share ${facts.home.path}`,
      remedy: 'take one of them out of cluster.json, or correct how it is reached (`ssh:` in the inventory)',
      host: facts.host,
    }),
  )
}

/** A host whose receipt or running processes name another cluster is not ours to change. */
function foreignClusters(context: PlanContext): readonly Problem[] {
  return [...context.facts.values()].flatMap((facts) => {
    const other = otherCluster(facts, context)
    return other === undefined ? [] : [belongsToOther(facts, other, context)]
  })
}

/** What runs on the chosen hosts and is of another cluster, is not ours to stop. */
export function foreignProcesses({ chosen, facts, ...context }: PlanContext): readonly Problem[] {
  return chosen.flatMap(({ key }) => {
    const found = facts.get(key)
    const stray = found && strayProcess(found, context)
    return stray === undefined ? [] : [belongsToOther(found as Facts, short(stray.clusterId), context)]
  })
}

/** Where what runs on the chosen hosts may not have been seen. */
export function unseenRunUsers({ chosen, facts }: PlanContext): readonly Problem[] {
  return chosen.flatMap((host) => {
    const found = facts.get(host.key)
    return found === undefined ? [] : [...keptByAnother(host, found), ...otherRunUser(host, found)]
  })
}

function belongsToOther(facts: Facts, other: string, { clusterId }: Pick<PlanContext, 'clusterId'>): Problem {
  return errorProblem({
    code: 'other-cluster',
    title: 'the host belongs to another cluster',
    cause: `${facts.home.path} carries cluster ${other}, this is cluster ${short(clusterId)}`,
    remedy: 'take that cluster down and remove its directory there, or name another one with `home` in the inventory',
    host: facts.host,
  })
}

function otherCluster(facts: Facts, context: PlanContext): string | undefined {
  const { clusterId, cluster } = context
  const { receipt } = facts
  const stray = strayProcess(facts, context)
  if (stray !== undefined) return short(stray.clusterId)
  if (receipt === null || receipt.clusterId === clusterId || isOfSameHosts(receipt, cluster)) return undefined
  return `${receipt.name} (${short(receipt.clusterId)})`
}

function strayProcess({ processes }: Facts, { clusterId }: Pick<PlanContext, 'clusterId'>): MarkedProcess | undefined {
  return processes.find((process) => process.clusterId !== clusterId)
}

/** Two identities of one cluster: of first runs that each reached other hosts. Nothing runs by this one; it is given up. */
function isOfSameHosts({ peers }: Receipt, cluster: Cluster): boolean {
  return (
    [...peers].sort().join() ===
    members(cluster)
      .map(({ key }) => key)
      .sort()
      .join()
  )
}

/** Hosts that receipts know and cluster.json does not: a worker left running there would signal at the barrier (contract, 7.1). */
function formerMembers(context: PlanContext): readonly Problem[] {
  const keys = new Set(context.cluster.hosts.map((host) => host.key))
  // Most lists are one and the same: with many hosts they are long.
  const lists = new Set([...context.facts.values()].map((facts) => facts.receipt?.peers ?? []))
  const known = new Set([...lists].flat())
  const former = [...known].filter((key) => !keys.has(key))
  if (former.length === 0) return []
  return [
    {
      code: 'former-member',
      severity: 'warning',
      title: 'a host has left cluster.json',
      cause: `${former.join(', ')} ${former.length === 1 ? 'was part of this cluster and is' : 'were part of this cluster and are'} no longer in cluster.json; what runs there is left as it is`,
      evidence: '',
      remedy: 'run `trueno-deploy down` with the cluster.json that still had it',
    },
  ]
}

/** A choice of hosts that the barrier would wait beyond. */
function barrierNeedsAll(context: PlanContext): readonly Problem[] {
  const chosen = new Set(context.chosen.map((host) => host.key))
  const starting = context.chosen.some((host) => host.key === context.cluster.coordinator && starts(host.key, context))
  const left = context.cluster.hosts.filter((host) => host.member && !chosen.has(host.key) && starts(host.key, context))
  if (!starting || left.length === 0) return []
  return [
    errorProblem({
      code: 'barrier-needs-all',
      title: 'the chosen hosts cannot start alone',
      cause: `the coordinator waits for every host of cluster.json, and ${left.map((host) => host.key).join(', ')} would not be started`,
      remedy: 'leave --hosts and --roles away',
    }),
  ]
}

function starts(key: HostKey, context: PlanContext): boolean {
  const facts = context.facts.get(key)
  const host = context.cluster.hosts.find((candidate) => candidate.key === key)
  return facts !== undefined && host !== undefined && toStart(host, facts, context)
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>()
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item])
  return [...groups.values()]
}
