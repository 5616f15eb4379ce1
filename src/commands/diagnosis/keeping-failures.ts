import type { Cluster } from '../../cluster/cluster.js'
import type { CommandContext, Fleet } from '../context.js'
import { FailedRun } from '../failed-run.js'

/** Does work on hosts; when it fails at that, keeps what may tell why while the hosts can still be asked, and says where. */
export async function keepingFailures<T>(
  cluster: Cluster,
  fleet: Fleet,
  { keepFailure, signal }: CommandContext,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof FailedRun) || error.plan === undefined || keepFailure === undefined || signal.aborted)
      throw error
    const { problems, closing, plan } = error
    const file = await keepFailure({ cluster, fleet, problems, plan })
    if (file === undefined) throw error
    throw new FailedRun(problems, [...closing, `What was seen is kept, without secrets, in ${file}`], plan)
  }
}
