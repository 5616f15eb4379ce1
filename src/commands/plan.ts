import { exitCodes } from '../errors.js'
import { isEmpty } from '../plan/build.js'
import type { Plan } from '../plan/plan.js'
import { withoutSecrets } from '../plan/secrets.js'
import type { Outcome, ReadContext } from './context.js'
import { freshClusterId, planUp, tellRelease } from './planning.js'
import type { UpOptions } from './up.js'
import { connectAll, visitAndLeave } from './visit.js'

export interface PlanOptions extends Omit<UpOptions, 'saved' | 'wait'> {
  /** Exit 5 when there is something to do. */
  readonly exitCode: boolean
}

/** What `up` would do, and why, without secrets. It is given no connection that could change a host. */
export async function plan(options: PlanOptions, context: ReadContext): Promise<Outcome & { readonly plan: Plan }> {
  await using fleet = await connectAll(options.cluster, context)
  const found = await visitAndLeave(options.cluster, fleet, context)
  const built = planUp(found, { ...options, freshId: freshClusterId(context.world) })
  tellRelease(built.release, context.emit)
  return { plan: withoutSecrets(built), exitCode: exitCodeOf(built, options), closing: [] }
}

function exitCodeOf(built: Plan, options: PlanOptions): Outcome['exitCode'] {
  if (built.unreachable.length > 0 || built.problems.some(({ severity }) => severity === 'error'))
    return exitCodes.failed
  return options.exitCode && !isEmpty(built) ? exitCodes.changes : exitCodes.done
}
