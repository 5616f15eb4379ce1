import type { ProblemCode } from '../catalogue/catalogue.js'
import type { HostKey } from '../cluster/cluster.js'
import { errorProblem, type Problem } from '../errors.js'
import type { Answer, ElasticsearchAnswer, NoAnswer, SparkAnswer } from './probes.js'

/** Whether a host could be asked at all. */
export function judgeLink(host: HostKey, answer: Answer<object>): readonly Problem[] {
  if (answer.ok || answer.reason !== 'link') return []
  return [
    errorProblem({
      host,
      code: 'connection-lost',
      title: 'The host cannot be asked any more',
      cause: 'the connection to it is gone, and cannot be made again',
      evidence: answer.detail,
      remedy: 'try `ssh HOST` from here; what runs there goes on. Then run the same command again',
    }),
  ]
}

/** Whether Trueno itself serves on a host. */
export function judgeTrueno(host: HostKey, answer: Answer<object>): readonly Problem[] {
  return answer.ok
    ? []
    : [silent({ host, name: 'Trueno', code: 'trueno-not-answering', port: 8000, log: 'Trueno-Core' }, answer)]
}

export function judgeGremlin(host: HostKey, answer: Answer<object>): readonly Problem[] {
  if (answer.ok) return []
  return [silent({ host, name: 'Gremlin', code: 'gremlin-not-answering', port: 8002, log: 'gremlin_server' }, answer)]
}

/**
 * Whether all index hosts form one Elasticsearch cluster of themselves. Each was asked for itself, since two halves of
 * a cluster each say of themselves that they are well. No index hosts: nothing to judge.
 */
export function judgeElasticsearch(
  hosts: readonly HostKey[],
  answers: ReadonlyMap<HostKey, Answer<ElasticsearchAnswer>>,
): readonly Problem[] {
  const given = hosts.map((host) => ({ host, answer: answers.get(host) ?? notAsked }))
  const views = given.flatMap(({ host, answer }) => (answer.ok ? [{ host, ...answer }] : []))
  return [
    ...given.flatMap(({ host, answer }) => (answer.ok ? [] : [silent(elasticsearchOn(host), answer)])),
    ...(isSplit(views) ? [splitProblem(views)] : countProblems(hosts, views)),
    ...redProblems(views),
  ]
}

/** Whether the master is where the workers look for it, and has them all. Hosts are named by their keys. */
export function judgeSpark(
  workers: readonly HostKey[],
  coordinator: HostKey,
  answer: Answer<SparkAnswer>,
): readonly Problem[] {
  if (!answer.ok) {
    return [silent({ host: coordinator, name: 'Spark', code: 'spark-not-answering', port: 8006, log: 'spark' }, answer)]
  }
  const url = `spark://${coordinator}:8005`
  if (answer.url.toLowerCase() !== url.toLowerCase()) return [movedProblem(coordinator, url, answer)]
  if (answer.status !== 'ALIVE') return [notAliveProblem(coordinator, answer)]
  return answer.aliveWorkers === workers.length ? [] : [workersProblem(workers, coordinator, answer)]
}

type View = ElasticsearchAnswer & { readonly host: HostKey }

const notAsked: NoAnswer = { ok: false, reason: 'link', detail: 'not asked' }

interface Silent {
  readonly host: HostKey
  readonly name: string
  readonly code: ProblemCode
  readonly port: number
  /** Beginning of its logs' names. */
  readonly log: string
}

function elasticsearchOn(host: HostKey): Silent {
  return { host, name: 'Elasticsearch', code: 'elasticsearch-not-answering', port: 8004, log: 'elasticsearch' }
}

/** A component that gives no answer, or not its own. */
function silent({ host, name, code, port, log }: Silent, { reason, detail }: NoAnswer): Problem {
  if (reason === 'forbidden') return forbiddenProblem(host, detail)
  const where = `${host}:${port}`
  return errorProblem({
    host,
    code,
    title: `${name} does not answer`,
    cause: causes[reason](name, where),
    evidence: detail,
    remedy: reason === 'link' ? 'see why with `trueno-deploy status`' : `look into its log on ${host}: ${logOf(log)}`,
  })
}

function forbiddenProblem(host: HostKey, detail: string): Problem {
  return errorProblem({
    host,
    code: 'forwarding-forbidden',
    title: 'The host lets nothing through its SSH connection',
    cause: 'its sshd forbids forwarding, by which Trueno and its engines are asked whether they serve',
    evidence: detail,
    remedy: 'set `AllowTcpForwarding local` (and no `DisableForwarding`) in sshd_config there, for this user',
  })
}

/** Where the log of a component is on its host, for people. */
export function logOf(log: string): string {
  return log === 'Trueno-Core'
    ? 'run/pm2/logs/Trueno-Core-*.log in our directory there'
    : `logs/${log}-*.log in the data directory there`
}

const causes = {
  refused: (name, where) => `nothing listens at ${where}: ${name} has ended, or has not come up yet`,
  timeout: (name, where) => `${where} takes the connection, but ${name} gives no answer in time`,
  unexpected: (name, where) => `what answers at ${where} does not answer as ${name} does`,
  link: (name, where) => `${where} could not be asked for ${name}: the connection to the host does not carry it`,
} satisfies Record<Exclude<NoAnswer['reason'], 'forbidden'>, (name: string, where: string) => string>

function isSplit(views: readonly View[]): boolean {
  return new Set(views.map(({ clusterUuid }) => clusterUuid)).size > 1
}

function splitProblem(views: readonly View[]): Problem {
  return errorProblem({
    code: 'elasticsearch-split',
    title: 'Elasticsearch has fallen apart',
    cause: 'the index hosts form several clusters instead of one, each with data of its own',
    evidence: views.map(({ host, clusterUuid }) => `${host}: cluster ${clusterUuid}`).join('\n'),
    remedy: 'make sure that the index hosts reach each other on port 9300, then `trueno-deploy down` and `up`',
  })
}

function countProblems(hosts: readonly HostKey[], views: readonly View[]): readonly Problem[] {
  const wrong = views.filter(({ nodes }) => nodes !== hosts.length)
  if (wrong.length === 0) return []
  const few = wrong.some(({ nodes }) => nodes < hosts.length)
  return [
    errorProblem({
      code: few ? 'elasticsearch-nodes-missing' : 'elasticsearch-nodes-foreign',
      title: few ? 'Elasticsearch is not complete' : 'Elasticsearch has foreign nodes',
      cause: `${wrong.length === 1 ? 'an index host sees' : `${wrong.length} index hosts see`} ${countsOf(wrong)} instead of ${nodesText(hosts.length)}`,
      evidence: wrong
        .map(({ host, nodes, addresses }) => `${host}: ${nodesText(nodes)} (${addresses.join(', ')})`)
        .join('\n'),
      remedy: few
        ? 'make sure that the index hosts reach each other on port 9300; the log of each says whom it looks for'
        : 'stop Elasticsearch on the hosts that are named but not in cluster.json: they may be left of an earlier cluster',
    }),
  ]
}

function countsOf(views: readonly View[]): string {
  return [...new Set(views.map(({ nodes }) => nodesText(nodes)))].join(' or ')
}

function nodesText(count: number): string {
  return count === 1 ? '1 node' : `${count} nodes`
}

/** Yellow is well: Trueno asks for more copies than there are hosts to keep them, so green may never come (contract, 5). */
function redProblems(views: readonly View[]): readonly Problem[] {
  const red = views.filter(({ status }) => status === 'red')
  if (red.length === 0) return []
  return [
    errorProblem({
      code: 'elasticsearch-red',
      title: 'Elasticsearch lacks data',
      cause: 'its state is red: part of its data is on no host that runs',
      evidence: red.map(({ host }) => `${host}: red`).join('\n'),
      remedy: 'after a start this passes by itself; if it stays, an index host or its data directory is missing',
    }),
  ]
}

function movedProblem(host: HostKey, url: string, answer: SparkAnswer): Problem {
  return errorProblem({
    host,
    code: 'spark-moved-port',
    title: 'Spark is not where its workers look for it',
    cause: `the master says it is ${answer.url}, not ${url}: it moves on silently when its port is taken`,
    evidence: `http://${host}:8006/json/ says ${answer.url}`,
    remedy: `find out who holds port 8005 or 8006 on ${host} (\`ss -ltnp\`), end it, then \`trueno-deploy down\` and \`up\``,
  })
}

function notAliveProblem(host: HostKey, answer: SparkAnswer): Problem {
  return errorProblem({
    host,
    code: 'spark-not-alive',
    title: "Spark's master is not ready",
    cause: `it says of itself that it is ${answer.status}`,
    evidence: `http://${host}:8006/json/ says ${answer.status}`,
    remedy: `look into its log on ${host}: ${logOf('spark')}`,
  })
}

function workersProblem(expected: readonly HostKey[], host: HostKey, answer: SparkAnswer): Problem {
  const few = answer.aliveWorkers < expected.length
  return errorProblem({
    host,
    code: few ? 'spark-workers-missing' : 'spark-workers-foreign',
    title: few ? 'Spark lacks workers' : 'Spark has foreign workers',
    cause: `the master has ${answer.aliveWorkers} live workers instead of ${expected.length} (${expected.join(', ') || 'none'})`,
    evidence: answer.workers.map((worker) => `${worker.host}: ${worker.state}`).join('\n'),
    remedy: few
      ? `look into the log of those that are missing: ${logOf('spark')}; a worker that was late tries again after 73 s at most`
      : 'stop the workers on the hosts that are listed but not in cluster.json: they may be left of an earlier cluster',
  })
}
