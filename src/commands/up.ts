import { type Cluster, members } from '../cluster/cluster.js'
import { type Applied, apply } from '../engine/apply.js'
import type { Lease } from '../engine/lease.js'
import { verify } from '../engine/verify.js'
import { exitCodes, type Problem, ProblemError } from '../errors.js'
import { isEmpty } from '../plan/build.js'
import type { PhaseId, Plan } from '../plan/plan.js'
import { apiPort } from '../trueno/balancer.js'
import { engineOf, withLease } from './changing.js'
import type { CommandContext, Fleet, HostOptions, Outcome, ReleaseAtHand } from './context.js'
import { keepingFailures } from './diagnosis/keeping-failures.js'
import { FailedRun } from './failed-run.js'
import { tellingWhatRuns } from './interrupted.js'
import { lookAround } from './look-around.js'
import {
  freshClusterId,
  type PlanRequest,
  planUp,
  refuseMissingRights,
  refuseProblems,
  tellRelease,
} from './planning.js'
import { refuseStale } from './saved-plan.js'
import { connectAll, type Visit, visit } from './visit.js'

export interface UpOptions extends HostOptions, Pick<PlanRequest, 'phases'> {
  /** Null: the release that the hosts run already. */
  readonly release: ReleaseAtHand | null
  /** Wait for the lease when somebody else holds it. */
  readonly wait: boolean
  /** Only what this plan says may be done (`apply`). */
  readonly saved?: Plan
}

/** Makes the cluster what the files say: stage, configure, start the coordinator, wait, start the others, verify. */
export async function up(options: UpOptions, context: CommandContext): Promise<Outcome> {
  await using fleet = await connectAll(options.cluster, context)
  return await tellingWhatRuns(options.cluster, fleet, context, afterInterrupt(context), () =>
    keepingFailures(options.cluster, fleet, context, () => bringUp(options, fleet, context)),
  )
}

function afterInterrupt(context: CommandContext): string {
  return `Nothing that was started is stopped by this. ${goOn(context)}`
}

async function bringUp(options: UpOptions, fleet: Fleet, context: CommandContext): Promise<Outcome> {
  const request = { ...options, freshId: options.saved?.cluster.id ?? freshClusterId(context.world) }
  const { found, plan: first } = await check(options, request, fleet, context)
  refuse(first, options, context)
  if (isEmpty(first)) return finish(first, await carryOut(first, options, fleet, context), found, fleet, context)
  return withLease({ fleet, visit: found, purpose: 'up', wait: options.wait }, context, async (lease) => {
    const now = await visit(options.cluster, fleet, context)
    const plan = planUp(now, request)
    refuse(plan, options, context)
    return finish(plan, await carryOut(plan, options, fleet, context, lease), now, fleet, context)
  })
}

/** Only what concerns the whole run is thrown, such as a lost lease. Without steps there is no need of one. */
async function carryOut(
  plan: Plan,
  { release }: UpOptions,
  fleet: Fleet,
  context: CommandContext,
  lease: Lease | null = null,
): Promise<Applied> {
  try {
    return await apply(plan, engineOf(fleet, context, lease, release))
  } catch (error) {
    throw error instanceof ProblemError
      ? new FailedRun(error.problems, ['What runs is left running.', goOn(context)], plan)
      : error
  }
}

/** Asks the hosts and looks for what would make it fail, before anything changes. */
async function check(
  options: UpOptions,
  request: PlanRequest,
  fleet: Fleet,
  context: CommandContext,
): Promise<{ found: Visit; plan: Plan }> {
  const { chosen } = options
  const hosts = [...fleet.connections.keys()].filter((host) => chosen === null || chosen.includes(host))
  context.emit({ kind: 'phaseStarted', phase: 'check', title: 'Check', hosts })
  const { found, plan } = await lookAt(options, request, fleet, context)
  tell(plan, context)
  const errors = plan.problems.filter(isError)
  for (const host of hosts) {
    const problem = errors.find((error) => error.host === host)
    const outcome = problem === undefined ? 'done' : 'failed'
    context.emit({ kind: 'hostFinished', phase: 'check', host, outcome, ...(problem && { problem }) })
  }
  context.emit({
    kind: 'phaseFinished',
    phase: 'check',
    outcome: errors.length > 0 ? 'failed' : 'done',
    summary: checkSummary(plan, hosts.length),
  })
  return { found, plan }
}

/** What hosts meet on their ways to each other matters when something is to be started. */
async function lookAt(
  options: UpOptions,
  request: PlanRequest,
  fleet: Fleet,
  context: CommandContext,
): Promise<{ found: Visit; plan: Plan }> {
  const found = await visit(options.cluster, fleet, context)
  const plan = planUp(found, request)
  if (!plan.phases.some(({ id }) => starting.has(id))) return { found, plan }
  const all = await lookAround(found, fleet, options, context)
  return { found: all, plan: planUp(all, request) }
}

const starting: ReadonlySet<PhaseId> = new Set(['startCoordinator', 'startOthers', 'balance'])

function checkSummary({ problems }: Plan, hosts: number): string {
  const errors = problems.filter(isError).length
  const warnings = problems.length - errors
  return [
    counted(hosts, 'host'),
    ...(errors > 0 ? [counted(errors, 'problem')] : []),
    ...(warnings > 0 ? [counted(warnings, 'warning')] : []),
  ].join(', ')
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

function isError({ severity }: Problem): boolean {
  return severity === 'error'
}

/** Before anything is changed. */
function refuse(plan: Plan, { saved, chosen }: UpOptions, { suggest }: CommandContext): void {
  const closing = [`Nothing was changed. When that is mended, run \`${suggest('up')}\` again.`]
  refuseProblems(plan, closing)
  refuseMissingRights(plan, chosen, closing)
  if (saved !== undefined) refuseStale(saved, plan)
}

function tell(plan: Plan, context: CommandContext): void {
  tellRelease(plan.release, context.emit)
  for (const problem of plan.problems.filter((one) => !isError(one))) context.emit({ kind: 'problem', problem })
}

/** Ready is checked from outside, also when nothing was to be done. */
async function finish(
  plan: Plan,
  applied: Applied,
  found: Visit,
  fleet: Fleet,
  context: CommandContext,
): Promise<Outcome> {
  const { cluster } = found
  if (applied.failed.size > 0 || applied.held.size > 0)
    throw new FailedRun([...applied.failed.values()].flat(), whatIsLeft(cluster, plan, applied, context), plan)
  const engine = engineOf(fleet, context, null, null)
  const problems = await verify(cluster, found.facts, engine)
  if (problems.length > 0)
    throw new FailedRun(problems, whatIsLeft(cluster, plan, withHosts(applied, problems), context), plan)
  const nothing = isEmpty(plan) ? ['Nothing to do: the cluster is what the files say.'] : []
  return { exitCode: exitCodes.done, closing: [...nothing, ...whereToConnect(cluster, context)] }
}

/** Hosts that are not well have failed too. */
function withHosts(applied: Applied, problems: readonly Problem[]): Applied {
  const failed = problems.flatMap((problem) => (problem.host === undefined ? [] : [[problem.host, [problem]] as const]))
  return { ...applied, failed: new Map(failed) }
}

/** What is left after a failure, and how to go on. */
function whatIsLeft(
  cluster: Cluster,
  plan: Plan,
  { failed, held }: Applied,
  context: CommandContext,
): readonly string[] {
  const missing = plan.unreachable.flatMap(({ host }) => host ?? [])
  if (held.size > 0 && missing.length > 0)
    return [
      `The coordinator waits for every host of cluster.json, so nothing more was started without ${missing.join(', ')}.`,
      `Bring it back, or take it out of cluster.json, and run \`${context.suggest('up')}\` again.`,
    ]
  if (members(cluster).every(({ key }) => missing.includes(key)))
    return [`No host was reached, so nothing was changed. When they can be, run \`${context.suggest('up')}\` again.`]
  const fine = members(cluster).filter(({ key }) => !failed.has(key))
  return [`What runs is left running (${fine.length} of ${members(cluster).length} hosts did not fail).`, goOn(context)]
}

function goOn({ suggest }: CommandContext): string {
  return `Run \`${suggest('up')}\` again to continue, \`${suggest('down')}\` to stop.`
}

function whereToConnect(cluster: Cluster, { suggest }: CommandContext): readonly string[] {
  const { coordinator, balancer } = cluster
  const through = balancer === null ? [] : [`  Balancer       ${balancer.host}:${balancer.sourcePort}`]
  return [
    `  Drivers        ${coordinator}:${apiPort}`,
    ...through,
    `  Web console    http://${coordinator}:${apiPort}/`,
    `  Spark          http://${coordinator}:8006/`,
    `Next: ${suggest('status')}`,
  ]
}
