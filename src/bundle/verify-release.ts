import type { Sha256 } from '../cluster/cluster.js'
import { ProblemError } from '../errors.js'
import { inspectRelease } from '../release/read-release.js'

/** Looks at a release as `up` would, before it has its name. @throws ProblemError: all that would keep it from running */
export async function verifyRelease(
  folder: string,
  out: string,
  signal: AbortSignal,
): Promise<{ readonly id: Sha256; readonly label: string }> {
  try {
    const { id, label } = await inspectRelease(folder, signal)
    return { id, label }
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    const named = (text: string): string => text.replaceAll(folder, out)
    const problems = error.problems.map((problem) => ({
      ...problem,
      cause: named(problem.cause),
      evidence: named(problem.evidence),
      remedy: named(problem.remedy),
    }))
    throw new ProblemError(problems)
  }
}
