import { type Cluster, type Host, type HostKey, hasRole } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import type {
  BalancerStatus,
  ClusterState,
  ElasticsearchStatus,
  HostStatus,
  SparkStatus,
  Status,
} from '../cluster/status.js'
import type { DeepLook } from '../engine/look-deep.js'
import { errorProblem, type Problem } from '../errors.js'
import { judgeCluster } from '../health/health.js'
import { balancerProcesses, servesDrivers } from '../plan/state.js'
import { runsSparkWorker } from '../trueno/components.js'
import type { HostOptions } from './context.js'
import { type Health, hostStatus } from './host-status.js'
import type { Visit } from './visit.js'

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
