import { type Cluster, type Host, type HostKey, hasRole } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import type {
  BalancerStatus,
  ClusterState,
  ComponentStatus,
  DiskStatus,
  ElasticsearchStatus,
  HostStatus,
  SparkStatus,
  Status,
} from '../cluster/status.js'
import type { DeepLook } from '../engine/look-deep.js'
import { errorProblem, type Problem } from '../errors.js'
import { type ClusterAnswers, judgeCluster } from '../health/health.js'
import type { Answer } from '../health/probes.js'
import { logOf } from '../health/verdict.js'
import { keptByAnother, otherRunUser } from '../plan/checks/run-user.js'
import { processOf, type Restarting, restartingOf } from '../plan/restarting.js'
import { balancerProcesses, type HostState, hostState, servesDrivers } from '../plan/state.js'
import { type Component, componentsOf, runsSparkWorker } from '../trueno/components.js'
import type { HostOptions } from './context.js'
import type { Visit } from './visit.js'

/** What the engines answered. */
export interface Health {
  readonly answers: ClusterAnswers
  /** Null: there is none, or its host cannot be asked. */
  readonly balancer: Answer<object> | null
}

/** Facts and answers as the document that scripts read. Pure. */
export function statusOf(
  { cluster, facts, unreachable }: Visit,
  health: Health,
  { chosen }: Pick<HostOptions, 'chosen'>,
  deep: ReadonlyMap<HostKey, DeepLook> = new Map(),
): Status {
  const problems = judgeCluster(cluster, health.answers)
  const balancer = balancerOf(cluster, facts, health)
  const shown = cluster.hosts.filter(({ key }) => chosen === null || chosen.includes(key))
  const hosts = shown.map((host) =>
    hostStatus(host, {
      cluster,
      health,
      facts: facts.get(host.key),
      deep: deep.get(host.key),
      problems: problemsAt(host, cluster, problems, unreachable),
      missingBalancer: missingBalancerAt(host, balancer, facts),
    }),
  )
  return {
    version: 1,
    cluster: cluster.name,
    state: clusterState(
      hosts.filter(({ host }) => isMember(cluster, host)),
      problems,
      balancer,
    ),
    coordinator: cluster.coordinator,
    release: facts.get(cluster.coordinator)?.start?.release ?? facts.get(cluster.coordinator)?.currentRelease ?? null,
    elasticsearch: elasticsearchOf(cluster, health),
    spark: sparkOf(cluster, health),
    balancer,
    hosts,
  }
}

function isMember(cluster: Cluster, key: HostKey): boolean {
  return cluster.hosts.some((host) => host.key === key && host.member)
}

/** What concerns the cluster as a whole is told with the coordinator. */
function problemsAt(
  host: Host,
  { coordinator }: Cluster,
  problems: readonly Problem[],
  unreachable: ReadonlyMap<HostKey, Problem>,
): readonly Problem[] {
  const link = unreachable.get(host.key)
  return link === undefined ? problems.filter((problem) => (problem.host ?? coordinator) === host.key) : [link]
}

/** Where the cluster is down, so is its balancer. */
function missingBalancerAt(
  { key }: Host,
  balancer: BalancerStatus | null,
  facts: ReadonlyMap<HostKey, Facts>,
): readonly Problem[] {
  if (balancer?.host !== key || balancer.state !== 'stopped' || ![...facts.values()].some(servesDrivers)) return []
  return [
    errorProblem({
      code: 'not-as-started',
      title: 'The balancer does not run',
      cause: `nobody listens on port ${balancer.sourcePort} for the drivers that go through it`,
      remedy: 'run `trueno-deploy up`: it starts the balancer',
      host: key,
    }),
  ]
}

interface HostFindings {
  readonly cluster: Cluster
  readonly health: Health
  readonly facts: Facts | undefined
  /** Undefined: --deep was not given. */
  readonly deep: DeepLook | undefined
  readonly problems: readonly Problem[]
  /** The balancer should run on this host, and does not. */
  readonly missingBalancer: readonly Problem[]
}

function hostStatus(host: Host, { cluster, health, facts, deep, problems, missingBalancer }: HostFindings): HostStatus {
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
    remedy: `look into its log on ${host}: ${logOf(component.directory ?? component.process)}`,
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

function clusterState(
  hosts: readonly HostStatus[],
  problems: readonly Problem[],
  balancer: BalancerStatus | null,
): ClusterState {
  const states = new Set(hosts.map(({ state }) => state))
  const [only] = states
  const same = states.size === 1 ? only : undefined
  if (same === 'unknown' || same === 'absent' || same === 'stopped') return same
  // A first `up` may have come to some hosts only.
  if (hosts.every(({ state }) => state === 'absent' || state === 'stopped')) return 'stopped'
  if (same === 'ready')
    return problems.length === 0 && (balancer === null || balancer.state === 'running') ? 'ready' : 'degraded'
  return states.has('starting') && !states.has('degraded') && !states.has('unknown') ? 'starting' : 'degraded'
}

function elasticsearchOf(cluster: Cluster, health: Health): ElasticsearchStatus | null {
  const expectedNodes = cluster.hosts.filter((host) => hasRole(host, 'index')).length
  if (expectedNodes === 0) return null
  const answer = [...health.answers.values()]
    .map(({ elasticsearch }) => elasticsearch)
    .find((candidate) => candidate?.ok)
  if (!answer?.ok) return { status: 'unreachable', nodes: 0, expectedNodes, version: null }
  return { status: answer.status, nodes: answer.nodes, expectedNodes, version: answer.version }
}

function sparkOf(cluster: Cluster, { answers: given }: Health): SparkStatus | null {
  const expectedWorkers = cluster.hosts.filter((host) => runsSparkWorker(host, cluster)).length
  const spark = given.get(cluster.coordinator)?.spark
  if (!spark?.ok) return { status: 'unreachable', workers: 0, expectedWorkers }
  return { status: spark.status, workers: spark.aliveWorkers, expectedWorkers }
}

function balancerOf(
  { balancer, hosts }: Cluster,
  facts: ReadonlyMap<HostKey, Facts>,
  health: Health,
): BalancerStatus | null {
  if (balancer === null) return null
  const on = facts.get(balancer.host)
  const targets = hosts.filter((host) => host.member).length
  const { host, sourcePort } = balancer
  if (on === undefined) return { host, sourcePort, state: 'unknown', targets }
  if (balancerProcesses(on).length === 0) return { host, sourcePort, state: 'stopped', targets }
  return { host, sourcePort, state: health.balancer?.ok ? 'running' : 'failing', targets }
}
