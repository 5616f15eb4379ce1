import type { Cluster, Host, HostKey } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import type { ClusterId } from '../cluster/receipt.js'
import type { Problem } from '../errors.js'
import type { Release } from '../trueno/release.js'
import { checks } from './checks/checks.js'
import { clusterChecks } from './checks/cluster-checks.js'
import type { PlanContext, WantedRelease } from './context.js'

/** What is wanted and what was found, for a plan or for the checks alone. */
export interface Preflight {
  readonly cluster: Cluster
  readonly clusterId: ClusterId
  /** A whole release at hand, or what the receipts tell of it; null: none is needed, or none is known. */
  readonly release: Release | WantedRelease | null
  readonly facts: ReadonlyMap<HostKey, Facts>
  /** Keys chosen by --hosts and --roles; null: all. */
  readonly chosen: readonly HostKey[] | null
  readonly parallel: number
  /** Hosts may get things from each other. Default: true. */
  readonly relay?: boolean
}

/** Everything that would make `up` fail, or that is to be warned of. Pure. */
export function preflightProblems(inputs: Preflight): readonly Problem[] {
  const context = contextOf(inputs)
  const { release } = inputs
  const whole = release !== null && 'kind' in release ? release : null
  const perHost = context.chosen.flatMap((host) => {
    const facts = context.facts.get(host.key)
    return facts === undefined ? [] : checks.flatMap((check) => check({ host, facts, context, release: whole }))
  })
  return [...clusterChecks.flatMap((check) => check(context)), ...perHost]
}

export function contextOf(inputs: Preflight): PlanContext {
  const { cluster, clusterId, release, facts, chosen, parallel, relay = true } = inputs
  const isChosen = (host: Host): boolean => chosen === null || chosen.includes(host.key)
  return {
    cluster,
    clusterId,
    release,
    facts,
    parallel,
    relay,
    chosen: cluster.hosts.filter((host) => facts.has(host.key) && isChosen(host)),
  }
}
