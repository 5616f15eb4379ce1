import type { Cluster, Host, HostKey } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import type { ClusterState, ComponentStatus, DiskStatus, HostStatus } from '../cluster/status.js'
import type { DeepLook } from '../engine/look-deep.js'
import { errorProblem, type Problem } from '../errors.js'
import type { ClusterAnswers } from '../health/health.js'
import type { Answer } from '../health/probes.js'
import { logOf } from '../health/verdict.js'
import { keptByAnother, otherRunUser } from '../plan/checks/run-user.js'
import { processOf, type Restarting, restartingOf } from '../plan/restarting.js'
import { balancerProcesses, type HostState, hostState } from '../plan/state.js'
import { type Component, componentsOf, logsOf } from '../trueno/components.js'

/** What the engines answered. */
export interface Health {
  readonly answers: ClusterAnswers
  /** Null: there is none, or its host cannot be asked. */
  readonly balancer: Answer<object> | null
}

/** What is known of one host. */
export interface HostFindings {
  readonly cluster: Cluster
  readonly health: Health
  readonly facts: Facts | undefined
  /** Undefined: --deep was not given. */
  readonly deep: DeepLook | undefined
  readonly problems: readonly Problem[]
  /** The balancer should run on this host, and does not. */
  readonly missingBalancer: readonly Problem[]
}

/** One host of the document. Pure. */
export function hostStatus(
  host: Host,
  { cluster, health, facts, deep, problems, missingBalancer }: HostFindings,
): HostStatus {
  const { key, roles } = host
  if (facts === undefined)
    return { host: key, roles, reachable: false, state: 'unknown', release: null, components: [], disk: null, problems }
  const own = hostState(facts, null, componentsOf(host, cluster))
  const restarting = restartingOf(facts, componentsOf(host, cluster))
  const told = [
    ...(own.kind === 'outdated' ? [unreliable(key, own.why)] : []),
    ...restarting.map((one) => keepsRestarting(key, one)),
    ...problems,
  ]
  const state = host.member ? memberState(own, facts, told) : balancerHostState(facts, health)
  const components =
    facts.receipt === null && facts.processes.length === 0
      ? []
      : componentsOf(host, cluster).map((part) => componentStatus(part, facts, { health, restarting }))
  return {
    host: key,
    roles,
    reachable: true,
    state,
    release: facts.start?.release ?? facts.currentRelease,
    components,
    disk: diskOf(facts, deep),
    problems: [
      ...(state === 'stopped' || state === 'absent' ? [] : told),
      ...(deep?.problems ?? []),
      ...keptByAnother(host, facts),
      ...otherRunUser(host, facts),
      ...missingBalancer,
    ],
  }
}

function diskOf({ home, releases, storeKiB }: Facts, deep: DeepLook | undefined): DiskStatus {
  const measured = deep?.contents ?? null
  const store = measured === null ? storeKiB : measured.artifactsKiB + measured.releasesKiB
  return {
    freeBytes: home.freeKiB * 1024,
    releases: releases.length,
    storeBytes: store * 1024,
    dataBytes: measured === null ? null : measured.dataKiB * 1024,
  }
}

function memberState({ kind }: HostState, facts: Facts, problems: readonly Problem[]): ClusterState {
  if (kind === 'stopped') return idle(facts)
  if (kind === 'starting') return 'starting'
  return problems.length > 0 ? 'degraded' : 'ready'
}

/** A host outside the cluster runs the balancer, and nothing else of ours. */
function balancerHostState(facts: Facts, { balancer }: Health): ClusterState {
  if (balancerProcesses(facts).length === 0) return idle(facts)
  return balancer?.ok ? 'ready' : 'degraded'
}

function idle({ receipt }: Facts): ClusterState {
  return receipt === null ? 'absent' : 'stopped'
}

/** What runs, but not as its start left it. */
function unreliable(host: HostKey, cause: string): Problem {
  return errorProblem({
    code: 'not-as-started',
    title: 'What runs there is not what was started',
    cause,
    remedy: 'run `trueno-deploy up`: it stops what is left, and starts it anew',
    host,
  })
}

function keepsRestarting(host: HostKey, { component, ends, process }: Restarting): Problem {
  const now = process === null ? 'does not run now' : `has been running for ${process.upSeconds} s now`
  return errorProblem({
    code: 'keeps-restarting',
    title: `${component.title} does not stay up`,
    cause: `it has ended ${ends} times since the start of the host, is started again each time, and ${now}`,
    remedy: `look into its log on ${host}: ${logOf(logsOf(component))}`,
    host,
  })
}

function componentStatus(
  component: Component,
  facts: Facts,
  { health, restarting }: { readonly health: Health; readonly restarting: readonly Restarting[] },
): ComponentStatus {
  const process = processOf(component, facts)
  const again = restarting.find((one) => one.component.name === component.name)
  return {
    name: component.name,
    state: again !== undefined ? 'restarting' : process === undefined ? 'stopped' : 'running',
    pid: process?.pid ?? null,
    restarts: process?.restarts ?? again?.ends ?? 0,
    upSeconds: process?.upSeconds ?? null,
    port: component.ports[0]?.port ?? 0,
    answers: answers(component, facts.host, health),
  }
}

function answers({ name }: Component, host: HostKey, health: Health): boolean | null {
  const given = health.answers.get(host)
  if (name === 'core') return given?.trueno.ok ?? null
  if (name === 'gremlin') return given?.gremlin.ok ?? null
  if (name === 'elasticsearch') return given?.elasticsearch?.ok ?? null
  return name === 'sparkMaster' ? (given?.spark?.ok ?? null) : null
}
