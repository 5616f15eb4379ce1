import { readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { errorProblem, type Problem, ProblemError, UsageError } from '../errors.js'
import type { Plan } from '../plan/plan.js'
import { withoutSecrets } from '../plan/secrets.js'

/** A plan in a file, with what it was made from, so that `apply` can look whether it still holds. */
export interface SavedPlan {
  readonly version: 1
  /** As the options said; paths are absolute. Null: not given. */
  readonly from: {
    readonly clusterFile: string
    readonly inventory: string | null
    readonly release: string | null
    readonly timeoutStart: string | null
  }
  readonly chosen: readonly string[] | null
  readonly parallel: number
  /** Hosts may get things from each other. Default: true. */
  readonly relay?: boolean
  readonly plan: Plan
}

/** @throws UsageError when it cannot be written there */
export async function savePlan(path: string, saved: SavedPlan): Promise<void> {
  await writeFile(path, `${JSON.stringify(saved, null, 2)}\n`, { mode: 0o600 }).catch((error: Error) => {
    throw new UsageError([unusable(path, error.message, 'name another file with `--out`')])
  })
}

/** @throws UsageError when it is no plan of ours */
export async function loadPlan(path: string): Promise<SavedPlan> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const cause = error.code === 'ENOENT' ? `${basename(path)} does not exist` : error.message
    throw new UsageError([unusable(path, cause, makeOne)])
  })
  const value = parsed(text)
  if (isSavedPlan(value)) return value
  throw new UsageError([unusable(path, 'it is not a plan of version 1 as `plan --out` writes it', makeOne)])
}

const makeOne = 'make one with `trueno-deploy plan --out FILE`'

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

type Loose = Partial<Record<string, unknown>> | null | undefined

/** As far as it is relied on: a plan is compared, and never carried out by what its file says. */
function isSavedPlan(value: unknown): value is SavedPlan {
  const { version, from, plan } = (value as Loose) ?? {}
  const { version: format, cluster, phases } = (plan as Loose) ?? {}
  return (
    [version, format].every((number) => number === 1) &&
    typeof (from as Loose)?.clusterFile === 'string' &&
    typeof (cluster as Loose)?.id === 'string' &&
    Array.isArray(phases) &&
    phases.every((phase: Loose) => Array.isArray(phase?.work) && phase.work.every(hasSteps))
  )
}

function hasSteps(work: Loose): boolean {
  return Array.isArray(work?.steps)
}

/** @throws ProblemError when the hosts are no longer as the plan saw them, with what differs */
export function refuseStale(saved: Plan, now: Plan): void {
  if (isDeepStrictEqual(workOf(saved), workOf(withoutSecrets(now))) && saved.inputs === now.inputs) return
  const before = outline(saved)
  const after = outline(now)
  const gone = before.filter((line) => !after.includes(line)).map((line) => `- ${line}`)
  const come = after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`)
  throw new ProblemError([
    errorProblem({
      code: 'plan-stale',
      title: 'the plan no longer holds',
      cause: 'the hosts or the files are not as the plan saw them',
      evidence: [...gone, ...come].slice(0, 40).join('\n') || 'the same steps, but with other files or values in them',
      remedy: 'make it anew with `trueno-deploy plan --out FILE`, look at it, and apply that',
    }),
  ])
}

/** What is done, as it stands in a file; how many hosts at once is no part of it. */
function workOf({ phases }: Plan): unknown {
  return JSON.parse(JSON.stringify(phases.map(({ parallel: _, ...phase }) => phase)))
}

/** `phase host: step (reason)`, one line a step. */
function outline(plan: Plan): readonly string[] {
  return plan.phases.flatMap(({ title, work }) =>
    work.flatMap(({ host, steps }) => steps.map((step) => `${title}, ${host}: ${step.title} (${step.reason})`)),
  )
}

function unusable(path: string, cause: string, remedy: string): Problem {
  return errorProblem({
    code: 'plan-unusable',
    title: 'the plan file cannot be used',
    cause,
    evidence: path,
    remedy,
  })
}
