import type { CheckedHost, CheckReport } from '../cluster/check-report.js'
import type { Host, HostKey } from '../cluster/cluster.js'
import type { Reach } from '../cluster/reach.js'
import { type ExitCode, exitCodes, type Problem } from '../errors.js'
import { countWays } from '../trueno/ways.js'
import type { HostOptions, Outcome, ReadContext, ReleaseAtHand } from './context.js'
import { knockAll, lookAround } from './look-around.js'
import { proposedFixes } from './mending/fix-script.js'
import { checkUp, freshClusterId, tellRelease } from './planning.js'
import { connectAll, type Visit, visit } from './visit.js'

export interface CheckOptions extends HostOptions {
  /** Null: the release that the hosts run already, if any. */
  readonly release: ReleaseAtHand | null
  /** How hosts were reached, or were tried to be. */
  readonly reaches: ReadonlyMap<HostKey, Reach>
}

/** Everything that would make `up` fail, at once. It is given no connection that could change a host. */
export async function check(
  options: CheckOptions,
  context: ReadContext,
): Promise<Outcome & { readonly report: CheckReport }> {
  await using fleet = await connectAll(options.cluster, context)
  const visited = await visit(options.cluster, fleet, context)
  const found = await knockAll(await lookAround(visited, fleet, options, context), context)
  const { release, problems, fixes } = checkUp(found, { ...options, freshId: freshClusterId(context.world) })
  tellRelease(release, context.emit)
  const hosts = chosenHosts(found, options).map((host) => checkedHost(host, found, problems, options))
  const exitCode = exitCodeOf(hosts)
  const report: CheckReport = {
    version: 1,
    ok: exitCode === exitCodes.done,
    cluster: found.cluster.name,
    release: release?.id ?? null,
    hosts,
    ways: { all: countWays(found.cluster), tried: found.surroundings.ways.length },
    fixes: proposedFixes(fixes),
  }
  return { report, exitCode, closing: [] }
}

function chosenHosts({ cluster }: Visit, { chosen }: CheckOptions): readonly Host[] {
  return cluster.hosts.filter(({ key }) => chosen === null || chosen.includes(key))
}

function checkedHost(
  { key }: Host,
  found: Visit,
  problems: readonly Problem[],
  { reaches, chosen }: CheckOptions,
): CheckedHost {
  const unreachable = found.unreachable.get(key)
  const spokesman = chosen?.includes(found.cluster.coordinator) === false ? chosen[0] : found.cluster.coordinator
  const own = problems.filter((problem) => (problem.host ?? spokesman) === key)
  return {
    host: key,
    reachable: unreachable === undefined,
    ssh: reaches.get(key)?.values ?? {},
    notes: reaches.get(key)?.notes ?? [],
    problems: unreachable === undefined ? own : [unreachable, ...own],
  }
}

function exitCodeOf(hosts: readonly CheckedHost[]): ExitCode {
  if (hosts.some(({ reachable }) => !reachable)) return exitCodes.failed
  const isWrong = hosts.some(({ problems }) => problems.some(({ severity }) => severity === 'error'))
  return isWrong ? exitCodes.unhealthy : exitCodes.done
}
