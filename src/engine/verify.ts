import type { Cluster } from '../cluster/cluster.js'
import type { Problem } from '../errors.js'
import { askCluster, judgeCluster } from '../health/health.js'
import type { Engine } from './engine.js'
import { findRestarting } from './stay-up.js'

const retryMs = 1000
/** How long the engines may take to find each other after Trueno serves (real-engines, 2 and 5). */
const usualPatienceMs = 60_000
/** A Spark worker that has lost its master looks for it again every 30 to 90 s (real-engines, 5). */
const workersPatienceMs = 100_000

/** Asks the whole cluster from outside until all is well and stays so, or patience ends; resolves with what is not. */
export async function verify(cluster: Cluster, engine: Engine): Promise<readonly Problem[]> {
  const hosts = cluster.hosts.filter((host) => host.member && engine.connections.has(host.key)).map((host) => host.key)
  engine.emit({ kind: 'phaseStarted', phase: 'verify', title: 'Verify', hosts })
  const silent = await askUntilWell(cluster, engine)
  const problems = silent.length > 0 ? silent : await findRestarting(cluster, engine)
  for (const host of hosts) {
    const problem = problems.find((one) => one.host === host)
    const outcome = problem === undefined ? 'done' : 'failed'
    engine.emit({ kind: 'hostFinished', phase: 'verify', host, outcome, ...(problem && { problem }) })
  }
  engine.emit({
    kind: 'phaseFinished',
    phase: 'verify',
    outcome: problems.length === 0 ? 'done' : 'failed',
    summary: summaryOf(cluster, problems),
  })
  return problems
}

async function askUntilWell(cluster: Cluster, engine: Engine): Promise<readonly Problem[]> {
  const { world, signal } = engine
  const began = world.now()
  for (;;) {
    const problems = judgeCluster(cluster, await askCluster(cluster, engine.probes, signal))
    if (problems.length === 0 || world.now() >= began + patienceWith(problems)) return problems
    engine.emit({ kind: 'phaseProgress', phase: 'verify', message: problems[0]?.cause ?? '' })
    await world.sleep(retryMs, signal)
  }
}

function patienceWith(problems: readonly Problem[]): number {
  // Waiting does not change what sshd allows.
  if (problems.some(({ code }) => code === 'forwarding-forbidden')) return 0
  return problems.every(({ code }) => code === 'spark-workers-missing') ? workersPatienceMs : usualPatienceMs
}

function summaryOf(cluster: Cluster, problems: readonly Problem[]): string {
  if (problems.length > 0) return problems.length === 1 ? '1 problem' : `${problems.length} problems`
  const answered = [
    'Trueno',
    'Gremlin',
    cluster.hosts.some((host) => host.roles.includes('index')) && 'Elasticsearch',
    'Spark',
  ]
  return `${answered.filter(Boolean).join(', ')} answer`
}
