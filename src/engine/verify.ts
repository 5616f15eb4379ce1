import type { ProblemCode } from '../catalogue/catalogue.js'
import type { Cluster, HostKey } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import type { Problem } from '../errors.js'
import { askCluster, judgeCluster } from '../health/health.js'
import type { World } from '../world.js'
import type { Engine } from './engine.js'
import { explainProblems } from './explain-problems.js'
import { Looks } from './looks.js'
import { findRestarting } from './stay-up.js'
import { unwellIn } from './unwell.js'
import { VerifyRows } from './verify-rows.js'

const retryMs = 1000
/** How long the engines may take to find each other after Trueno serves (real-engines, 2 and 5). */
const usualPatienceMs = 60_000
/** A Spark worker that has lost its master looks for it again every 30 to 90 s (real-engines, 5). */
const workersPatienceMs = 100_000

/** How long more may be found after it is certain that it is in vain, so that all of it is told at once. */
const moreMs = 2000

/**
 * Asks the whole cluster from outside until all is well and stays so, or patience ends, or it is certain that waiting is
 * in vain; meanwhile looks at the hosts that are not well. Resolves with what is not well, explained where a cause is found.
 * @param facts where things lie on the hosts; may be of before they were started
 */
export async function verify(
  cluster: Cluster,
  facts: ReadonlyMap<HostKey, Facts>,
  engine: Engine,
): Promise<readonly Problem[]> {
  const hosts = cluster.hosts.filter((host) => host.member && engine.connections.has(host.key)).map((host) => host.key)
  engine.emit({ kind: 'phaseStarted', phase: 'verify', title: 'Verify', hosts })
  const unanswered = await askUntilWell(cluster, facts, engine)
  const problems = unanswered.length > 0 ? unanswered : await findRestarting(cluster, engine)
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

async function askUntilWell(
  cluster: Cluster,
  facts: ReadonlyMap<HostKey, Facts>,
  engine: Engine,
): Promise<readonly Problem[]> {
  const { world, signal, connections } = engine
  const stop = new AbortController()
  const patience = new Patience(world)
  const rows = new VerifyRows(engine.emit)
  const tell = (host: HostKey, problem: Problem): void => rows.found(host, problem)
  const looks = new Looks({ cluster, facts, engine, over: AbortSignal.any([signal, stop.signal]), tell })
  try {
    for (;;) {
      const answers = await askCluster(cluster, engine.probes, signal)
      const problems = judgeCluster(cluster, answers)
      if (problems.length === 0) return []
      const unwell = unwellIn(problems, cluster, answers)
      looks.at(unwell)
      if (patience.isOver(problems, looks.isDoomed()))
        return await explainProblems(problems, unwell, { cluster, facts, connections, world, signal })
      if (patience.isHalfOver(problems)) looks.tellAll()
      rows.unanswered(problems)
      await world.sleep(retryMs, signal)
    }
  } finally {
    stop.abort(new Error('verified'))
  }
}

/** How long it is worth while to ask again. */
class Patience {
  readonly #began: number
  #doomedAt: number | null = null

  constructor(private readonly world: World) {
    this.#began = world.now()
  }

  /** @param isDoomed it is certain that some host will not come to be well */
  isOver(problems: readonly Problem[], isDoomed: boolean): boolean {
    const now = this.world.now()
    this.#doomedAt = isDoomed ? (this.#doomedAt ?? now) : null
    if (this.#doomedAt !== null && now >= this.#doomedAt + moreMs) return true
    return now >= this.#began + patienceWith(problems)
  }

  isHalfOver(problems: readonly Problem[]): boolean {
    return this.world.now() >= this.#began + patienceWith(problems) / 2
  }
}

function patienceWith(problems: readonly Problem[]): number {
  if (problems.some(({ code }) => lasting.has(code))) return 0
  return problems.every(({ code }) => code === 'spark-workers-missing') ? workersPatienceMs : usualPatienceMs
}

/** What no waiting changes: what sshd allows, and the port that a master has taken. */
const lasting: ReadonlySet<ProblemCode> = new Set(['forwarding-forbidden', 'spark-moved-port'])

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
