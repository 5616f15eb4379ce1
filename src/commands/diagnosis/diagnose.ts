import { resolve } from 'node:path'
import { errorProblem, exitCodes, ProblemError } from '../../errors.js'
import type { Plan } from '../../plan/plan.js'
import type { HostOptions, Outcome, ReadContext, ReadFleet, ReleaseAtHand } from '../context.js'
import { FailedRun } from '../failed-run.js'
import { freshClusterId, planUp } from '../planning.js'
import type { VerbRun } from '../verb-run.js'
import { connectAll, type Visit, visitBriefly } from '../visit.js'
import { gatherEvidence } from './gather-evidence.js'
import { versionsOf } from './versions.js'
import { writeBundle } from './write-bundle.js'

export interface DiagnoseOptions extends HostOptions {
  /** Null: the release that the hosts run already. */
  readonly release: ReleaseAtHand | null
}

/** Writes all that may tell what happened into one file. It is given no connection that could change a host. */
export async function diagnose(options: DiagnoseOptions, run: VerbRun, context: ReadContext): Promise<Outcome> {
  const chosen = { ...options.cluster, hosts: options.cluster.hosts.filter(({ key }) => isChosen(key, options)) }
  await using fleet = await connectAll(chosen, context)
  const found = await visitBriefly(chosen, fleet, context)
  const { name } = options.cluster
  const file = resolve(
    run.io.workingDirectory,
    run.typed.options.output ?? `${name.replace(/[^\w.-]/g, '_')}-diagnosis.tgz`,
  )
  await write(file, options, { found, fleet }, context)
  const closing = [`Everything that was seen is in ${file}, without secrets.`]
  const problems = [...found.unreachable.values()]
  if (problems.length > 0) throw new FailedRun(problems, [...closing, 'The hosts above are missing in it.'])
  return { exitCode: exitCodes.done, closing }
}

function isChosen(key: string, { chosen }: HostOptions): boolean {
  return chosen === null || chosen.includes(key)
}

async function write(
  file: string,
  options: DiagnoseOptions,
  { found, fleet }: { readonly found: Visit; readonly fleet: ReadFleet },
  context: ReadContext,
): Promise<void> {
  const { cluster, facts, unreachable } = found
  const evidence = await gatherEvidence(facts, fleet, context.world)
  const plan = planIfPossible(found, options, context)
  const diagnosis = {
    name: 'diagnosis',
    versions: versionsOf(),
    cluster,
    facts,
    unreachable,
    evidence,
    plan,
    events: [],
  }
  try {
    await writeBundle(file, { ...diagnosis, problems: plan?.problems ?? [] }, context.world.now() / 1000)
  } catch (error) {
    throw new ProblemError([
      errorProblem({
        code: 'bundle-not-written',
        title: 'the file cannot be written',
        cause: error instanceof Error ? error.message : String(error),
        remedy: 'name another with `-o FILE.tgz`',
      }),
    ])
  }
}

/** Without a release nobody knows what would be done. */
function planIfPossible(found: Visit, options: DiagnoseOptions, { world }: ReadContext): Plan | null {
  try {
    return planUp(found, { ...options, freshId: freshClusterId(world) })
  } catch (error) {
    if (error instanceof ProblemError) return null
    throw error
  }
}
