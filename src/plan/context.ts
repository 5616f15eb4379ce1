import type { Cluster, Host, HostKey } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import type { ClusterId } from '../cluster/receipt.js'
import type { Surroundings } from '../cluster/surroundings.js'
import { componentsOf } from '../trueno/components.js'
import type { Artifact, Release } from '../trueno/release.js'
import type { Phase, PhaseId, Step } from './plan.js'
import { settingsFileOf } from './settings.js'
import { coreUpSeconds, type HostState, hostState, isAtBarrier, type Wanted } from './state.js'

/** All that a phase may look at: what is wanted, and what was found. */
export interface PlanContext {
  readonly cluster: Cluster
  readonly clusterId: ClusterId
  /** Null for workflows that need none (`down`). */
  readonly release: WantedRelease | null
  /** Facts of every reachable host. */
  readonly facts: ReadonlyMap<HostKey, Facts>
  readonly surroundings: Surroundings
  /** Hosts that steps may be planned for: reachable and chosen. */
  readonly chosen: readonly Host[]
  /** How many hosts at once. */
  readonly parallel: number
  /** Hosts may get things from each other. */
  readonly relay: boolean
}

/** The release to be run: a whole one at hand, or only what the receipts tell of it. */
export type WantedRelease = Pick<Release, 'id' | 'label' | 'killTimeoutMs' | 'hasJava'> & {
  readonly artifacts: readonly Artifact[]
}

/** A phase is a value: who takes part, and what each still lacks. */
export interface PhaseDefinition {
  readonly id: PhaseId
  readonly title: string
  readonly needs: (context: PlanContext) => Phase['needs']
  readonly hosts: (context: PlanContext) => readonly Host[]
  /** No steps: nothing to do, and the host is not in the plan. */
  readonly steps: (host: Host, facts: Facts, context: PlanContext) => readonly Step[]
}

export function wanted(host: Host, facts: Facts, context: PlanContext): Wanted | null {
  if (context.release === null) return null
  return {
    release: context.release.id,
    clusterFile: context.cluster.file.sha256,
    environment: settingsFileOf(host, facts, context).sha256,
  }
}

export function stateOf(host: Host, facts: Facts, context: PlanContext): HostState {
  const state = ownState(host, facts, context)
  return state.kind === 'starting' && startsUnderIt(host, context)
    ? { kind: 'outdated', why: 'the coordinator is started anew' }
    : state
}

/** How it stands by itself, whatever the others do. */
function ownState(host: Host, facts: Facts, context: PlanContext): HostState {
  const state = hostState(facts, wanted(host, facts, context), componentsOf(host, context.cluster))
  return state.kind === 'starting' && isStuck(facts, context)
    ? { kind: 'outdated', why: 'it did not get ready within its limit' }
    : state
}

/**
 * Whether waiting longer is in vain: its limit is over, and it has not come to the barrier, or every host has and the
 * barrier does not let them pass (contract, 7.1 and 7.4). One that waits there for a host that is missing may wait.
 */
function isStuck(facts: Facts, { cluster, facts: all }: PlanContext): boolean {
  // Whole seconds are told, so the present one counts.
  if ((coreUpSeconds(facts) + 1) * 1000 <= cluster.timeouts.start) return false
  const everyone = cluster.hosts.filter(({ member }) => member).map(({ key }) => all.get(key))
  return !isAtBarrier(facts) || everyone.every((one) => one !== undefined && isAtBarrier(one))
}

/**
 * Whether the coordinator is started under a host that waits for it: half up, it makes that host's core crash, since
 * its Spark master is there before its Gremlin server (contract, 7.2). A host that serves joins it again by itself.
 */
function startsUnderIt({ key }: Host, context: PlanContext): boolean {
  const { coordinator, hosts } = context.cluster
  const host = hosts.find((candidate) => candidate.key === coordinator)
  const facts = context.facts.get(coordinator)
  if (key === coordinator || host === undefined || facts === undefined) return false
  const { kind } = ownState(host, facts, context)
  return kind === 'stopped' || kind === 'outdated'
}

export function coordinatorOf(context: PlanContext): Host | undefined {
  return context.chosen.find((host) => host.key === context.cluster.coordinator)
}

export function othersOf(context: PlanContext): readonly Host[] {
  return context.chosen.filter((host) => host.member && host.key !== context.cluster.coordinator)
}

export function membersOf(context: PlanContext): readonly Host[] {
  return context.chosen.filter((host) => host.member)
}

/**
 * The coordinator waits at its barrier for every host of `cluster.json`, so what cannot be done for all is not
 * begun. Once it serves, hosts join one by one.
 */
export function barrierAhead(context: PlanContext): boolean {
  const { coordinator } = context.cluster
  const facts = context.facts.get(coordinator)
  const host = context.cluster.hosts.find((candidate) => candidate.key === coordinator)
  return facts === undefined || host === undefined || stateOf(host, facts, context).kind !== 'serving'
}

export function needsBarrier(context: PlanContext): Phase['needs'] {
  return barrierAhead(context) ? 'every' : 'each'
}

/** Whether Trueno on this host is to be started in this run. */
export function toStart(host: Host, facts: Facts, context: PlanContext): boolean {
  const { kind } = stateOf(host, facts, context)
  return kind === 'stopped' || kind === 'outdated'
}
