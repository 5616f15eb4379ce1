import type { ProblemCode } from '../catalogue/catalogue.js'
import type { HostKey } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import type { Problem } from '../errors.js'
import { failuresIn } from '../trueno/explain.js'
import type { Engine } from './engine.js'
import { lookAround } from './evidence.js'

/** Problems that say only that something gives no answer; its host's logs may say why. */
const silent: ReadonlySet<ProblemCode> = new Set([
  'trueno-not-answering',
  'gremlin-not-answering',
  'elasticsearch-not-answering',
  'spark-not-answering',
])

/** Looks, read-only, at the hosts where something gives no answer; where the cause is found, it is told instead. */
export async function explainProblems(
  problems: readonly Problem[],
  facts: ReadonlyMap<HostKey, Facts>,
  engine: Engine,
): Promise<readonly Problem[]> {
  const hosts = [...new Set(problems.filter(isSilent).flatMap(({ host }) => host ?? []))]
  const causes = new Map(
    await Promise.all(hosts.map(async (host) => [host, await causesOn(host, facts, engine)] as const)),
  )
  const isExplained = (problem: Problem): boolean =>
    isSilent(problem) && (causes.get(problem.host ?? '')?.length ?? 0) > 0
  return [...[...causes.values()].flat(), ...problems.filter((problem) => !isExplained(problem))]
}

function isSilent({ code }: Problem): boolean {
  return silent.has(code)
}

async function causesOn(
  host: HostKey,
  facts: ReadonlyMap<HostKey, Facts>,
  { connections, world }: Engine,
): Promise<readonly Problem[]> {
  const [connection, found] = [connections.get(host), facts.get(host)]
  if (connection === undefined || found === undefined) return []
  const looked = await lookAround(connection, { home: found.home.path, data: found.data.path }, world)
  return looked === undefined ? [] : failuresIn({ host, title: '', ...looked })
}
