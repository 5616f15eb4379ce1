import { apply } from '../engine/apply.js'
import { errorProblem, exitCodes, type Problem, ProblemError } from '../errors.js'
import { isEmpty } from '../plan/build.js'
import type { Plan } from '../plan/plan.js'
import { balancerProcesses, truenoProcesses } from '../plan/state.js'
import { engineOf, withLease } from './changing.js'
import type { CommandContext, Fleet, HostOptions, Outcome } from './context.js'
import { FailedRun } from './failed-run.js'
import { tellingWhatRuns } from './interrupted.js'
import { planDown, refuseProblems } from './planning.js'
import { connectAll, type Visit, visit } from './visit.js'

export interface DownOptions extends HostOptions {
  /** Wait for the lease when somebody else holds it. */
  readonly wait: boolean
}

/** Stops balancer, others, coordinator, and proves that nothing of ours runs. Data stays. */
export async function down(options: DownOptions, context: CommandContext): Promise<Outcome> {
  await using fleet = await connectAll(options.cluster, context)
  return await tellingWhatRuns(options.cluster, fleet, context, goOn(context), () => takeDown(options, fleet, context))
}

function goOn({ suggest }: CommandContext): string {
  return `Run \`${suggest('down')}\` again to stop the rest, or \`${suggest('up')}\` to bring all of it back.`
}

async function takeDown(options: DownOptions, fleet: Fleet, context: CommandContext): Promise<Outcome> {
  const found = await visit(options.cluster, fleet, context)
  const first = planDown(found, options)
  for (const problem of first.problems.filter(({ severity }) => severity === 'warning'))
    context.emit({ kind: 'problem', problem })
  const untouched = [`Nothing was stopped. When that is mended, run \`${context.suggest('down')}\` again.`]
  refuseProblems(first, untouched)
  if (isEmpty(first)) return nothingRuns(first, options)
  return withLease({ fleet, visit: found, purpose: 'down', wait: options.wait }, context, async (lease) => {
    const plan = planDown(await visit(options.cluster, fleet, context), options)
    refuseProblems(plan, untouched)
    const { failed } = await apply(plan, engineOf(fleet, context, lease, null))
    if (failed.size > 0)
      throw new FailedRun(
        [...failed.values()].flat(),
        [`The other ${options.chosen === null ? '' : 'chosen '}hosts are down.`, goOn(context)],
        plan,
      )
    prove(await visit(options.cluster, fleet, context), options)
    return {
      exitCode: exitCodes.done,
      closing: [`${nothingOn(options)} any more; its data stays.`, `Next: ${context.suggest('up')}`],
    }
  })
}

function nothingRuns({ unreachable }: Plan, options: DownOptions): Outcome {
  if (unreachable.length > 0) throw new ProblemError(unreachable)
  return { exitCode: exitCodes.done, closing: [`Nothing to do. ${nothingOn(options)}.`] }
}

function nothingOn({ chosen }: DownOptions): string {
  return chosen === null ? 'Nothing of this cluster runs' : `Nothing of this cluster runs on ${chosen.join(', ')}`
}

/** A look at the hosts afterwards: what still carries our marker is named. */
function prove({ facts }: Visit, { chosen }: HostOptions): void {
  const asked = [...facts.values()].filter(({ host }) => chosen === null || chosen.includes(host))
  const left = asked.flatMap((host): Problem[] => {
    const processes = [...truenoProcesses(host), ...balancerProcesses(host)]
    if (processes.length === 0) return []
    const evidence = processes.map((process) => `${process.pid} ${process.name || process.command}`).join('\n')
    return [
      errorProblem({
        code: 'processes-left',
        title: 'processes of ours are left',
        cause: `${processes.length} processes run after everything was stopped`,
        evidence,
        remedy: 'run `trueno-deploy down` again',
        host: host.host,
      }),
    ]
  })
  if (left.length > 0) throw new ProblemError(left)
}
