import { type Cluster, type Host, type HostKey, hasRole, members } from '../cluster/cluster.js'
import { type Problem, ProblemError } from '../errors.js'
import { runsSparkMaster, runsSparkWorker } from '../trueno/components.js'
import type { Answer, ElasticsearchAnswer, NoAnswer, Probes, SparkAnswer } from './probes.js'
import { judgeElasticsearch, judgeGremlin, judgeLink, judgeSpark, judgeTrueno } from './verdict.js'

/** What a host answered; null: its roles run no such component. */
interface HostAnswers {
  readonly trueno: Answer<object>
  readonly gremlin: Answer<object>
  readonly elasticsearch: Answer<ElasticsearchAnswer> | null
  readonly spark: Answer<SparkAnswer> | null
}

export type ClusterAnswers = ReadonlyMap<HostKey, HostAnswers>

/** Asks all hosts of a cluster side by side, each through its own connection. Rejects only with the signal's reason. */
export async function askCluster(
  cluster: Cluster,
  probesOf: (host: HostKey) => Probes,
  signal: AbortSignal,
): Promise<ClusterAnswers> {
  const asked = members(cluster).map(
    async (host) => [host.key, await askHost(host, cluster, probesOf, signal)] as const,
  )
  return new Map(await Promise.all(asked))
}

/** Asks a host for everything that its roles run. */
async function askHost(
  host: Host,
  cluster: Cluster,
  probesOf: (host: HostKey) => Probes,
  signal: AbortSignal,
): Promise<HostAnswers> {
  const probes = probesFor(host, probesOf)
  const [trueno, gremlin, elasticsearch, spark] = await Promise.all([
    probes.http(host.key, 8000, signal),
    probes.gremlin(host.key, signal),
    hasRole(host, 'index') ? probes.elasticsearch(host.key, signal) : null,
    runsSparkMaster(host, cluster) ? probes.spark(host.key, signal) : null,
  ])
  return { trueno, gremlin, elasticsearch, spark }
}

/** Everything that keeps the answers from being those of a healthy cluster; empty: all is well. */
export function judgeCluster(cluster: Cluster, answers: ClusterAnswers): readonly Problem[] {
  const asked = members(cluster).map(({ key }) => [key, answers.get(key) ?? unasked] as const)
  const indexHosts = keysOf(cluster, (host) => hasRole(host, 'index'))
  const workers = keysOf(cluster, (host) => runsSparkWorker(host, cluster))
  const elasticsearch = new Map(asked.map(([key, answer]) => [key, answer.elasticsearch ?? notAsked]))
  const spark = answers.get(cluster.coordinator)?.spark ?? notAsked
  const cutOff = asked.flatMap(([key, { trueno }]) => judgeLink(key, trueno))
  const problems = [
    ...asked.flatMap(([key, { trueno }]) => judgeTrueno(key, trueno)),
    ...asked.flatMap(([key, { gremlin }]) => judgeGremlin(key, gremlin)),
    ...judgeElasticsearch(indexHosts, elasticsearch),
    ...judgeSpark(workers, cluster.coordinator, spark),
  ]
  // Of a host that could not be asked nothing else is known.
  return withoutRepeats([...cutOff, ...problems.filter(({ host }) => !cutOff.some((one) => one.host === host))])
}

/** What concerns a host as a whole is found again with each of its engines. */
function withoutRepeats(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()]
}

const notAsked: NoAnswer = { ok: false, reason: 'link', detail: 'not asked' }
const unasked: HostAnswers = { trueno: notAsked, gremlin: notAsked, elasticsearch: notAsked, spark: notAsked }

function keysOf(cluster: Cluster, takesPart: (host: Host) => boolean): readonly HostKey[] {
  return members(cluster)
    .filter(takesPart)
    .map(({ key }) => key)
}

/** A host that there is no connection to is told in the same way as one that does not answer. */
function probesFor(host: Host, probesOf: (host: HostKey) => Probes): Probes {
  try {
    return probesOf(host.key)
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    const detail = error.problems[0]?.cause ?? error.message
    const unreachable = async (): Promise<NoAnswer> => ({ ok: false, reason: 'link', detail })
    return { http: unreachable, gremlin: unreachable, elasticsearch: unreachable, spark: unreachable }
  }
}
