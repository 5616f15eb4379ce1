import type { CheckReport, ProposedFix } from '../../cluster/check-report.js'
import type { Cluster, HostKey } from '../../cluster/cluster.js'
import { scriptProblem } from '../../engine/script-problem.js'
import { type Problem, ProblemError } from '../../errors.js'
import { withLease } from '../changing.js'
import { type CheckOptions, check } from '../check.js'
import type { CommandContext, Outcome } from '../context.js'
import { readContext } from '../read-context.js'
import { connectAll, type Visit, visit } from '../visit.js'

export interface FixOptions extends CheckOptions {
  /** Wait for the lease when somebody else holds it. */
  readonly wait: boolean
  /** Shows the scripts and asks whether to run them. */
  readonly agree: (fixes: readonly ProposedFix[]) => Promise<boolean>
}

type Checked = Outcome & { readonly report: CheckReport }

/** Checks; what root can mend is shown, and after a yes done; then all is looked at once more, in new sessions. */
export async function checkAndFix(options: FixOptions, context: CommandContext): Promise<Checked> {
  const first = await check(options, readContext(context))
  const { fixes } = first.report
  if (fixes.length === 0 || !(await options.agree(fixes))) return first
  const problems = await mendAll(fixes, options, context)
  const { report, ...rest } = await check(options, readContext(context))
  const hosts = report.hosts.map((host) => ({
    ...host,
    problems: [...problems.filter((problem) => problem.host === host.host), ...host.problems],
  }))
  return { ...rest, report: { ...report, hosts, fixes: fixes.map((fix) => ({ ...fix, done: isDone(fix, problems) })) } }
}

function isDone({ hosts }: ProposedFix, problems: readonly Problem[]): boolean {
  return !problems.some(({ host }) => hosts.includes(host ?? ''))
}

/** What kept it from being done, host by host. */
async function mendAll(
  fixes: readonly ProposedFix[],
  { cluster, wait }: FixOptions,
  context: CommandContext,
): Promise<readonly Problem[]> {
  await using fleet = await connectAll(cluster, context)
  const found = await visit(cluster, fleet, context)
  const work = (): Promise<readonly Problem[]> => mendAsRoot(fixes, found.cluster, context)
  if (!canKeepLease(found)) return work()
  return withLease({ fleet, visit: found, purpose: 'check --fix', wait }, context, work)
}

/** Where its place cannot be written to there is no lease, and no cluster that somebody could be changing. */
function canKeepLease({ cluster, facts }: Visit): boolean {
  const keeper = facts.get(cluster.coordinator) ?? [...facts.values()][0]
  return keeper?.home.writable === true
}

async function mendAsRoot(
  fixes: readonly ProposedFix[],
  cluster: Cluster,
  context: CommandContext,
): Promise<readonly Problem[]> {
  const keys = fixes.flatMap(({ hosts }) => hosts)
  await using roots = await context.connect(asRoot(cluster, keys))
  const mend = async (host: HostKey): Promise<readonly Problem[]> => {
    const connection = roots.connections.get(host)
    const script = fixes.find(({ hosts }) => hosts.includes(host))?.script ?? ''
    if (connection === undefined) return []
    const result = await connection.run('mend', [script], { signal: context.signal })
    return result.code === 0 ? [] : [{ ...scriptProblem('Mend', 'mend', result), host }]
  }
  const problems = await Promise.all(keys.map((host) => mend(host).catch(problemsIn)))
  return [...roots.unreachable.values(), ...problems.flat()]
}

/** The same logins, and everything done as root. */
function asRoot(cluster: Cluster, keys: readonly HostKey[]): Cluster {
  const hosts = cluster.hosts.filter(({ key }) => keys.includes(key))
  return {
    ...cluster,
    hosts: hosts.map((host) => {
      const tool = host.access.runAs?.with
      return { ...host, access: { ...host.access, runAs: { user: 'root', ...(tool && { with: tool }) } } }
    }),
  }
}

function problemsIn(error: unknown): readonly Problem[] {
  if (error instanceof ProblemError) return error.problems
  throw error
}
