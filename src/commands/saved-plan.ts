import { readFile, writeFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { errorProblem, ProblemError, UsageError } from '../errors.js'
import type { Plan } from '../plan/plan.js'
import { withoutSecrets } from '../plan/secrets.js'

/** A plan in a file, with what it was made from, so that `apply` can look whether it still holds. */
export interface SavedPlan {
  readonly version: 1
  /** Absolute paths; null: none was there. */
  readonly from: { readonly clusterFile: string; readonly inventory: string | null; readonly release: string | null }
  readonly chosen: readonly string[] | null
  readonly plan: Plan
}

export async function savePlan(path: string, saved: SavedPlan): Promise<void> {
  await writeFile(path, `${JSON.stringify(saved, null, 2)}\n`, { mode: 0o600 })
}

/** @throws UsageError when it is no plan of ours */
export async function loadPlan(path: string): Promise<SavedPlan> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new UsageError([unusable(path, error.message)])
  })
  try {
    const value = JSON.parse(text)
    if (value?.version === 1 && value.plan?.version === 1 && Array.isArray(value.plan.phases)) return value
  } catch {
    // told below
  }
  throw new UsageError([unusable(path, 'it is not a plan of version 1 as `plan --out` writes it')])
}

/** @throws ProblemError when the hosts are no longer as the plan saw them, with what differs */
export function refuseStale(saved: Plan, now: Plan): void {
  if (isDeepStrictEqual(asJson(saved.phases), asJson(withoutSecrets(now).phases)) && saved.inputs === now.inputs) return
  const before = outline(saved)
  const after = outline(now)
  const gone = before.filter((line) => !after.includes(line)).map((line) => `- ${line}`)
  const come = after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`)
  throw new ProblemError([
    errorProblem({
      code: 'plan-stale',
      title: 'the plan no longer holds',
      cause: 'the hosts or the files are not as the plan saw them',
      evidence: [...gone, ...come].slice(0, 40).join('\n'),
      remedy: 'make it anew with `trueno-deploy plan --out FILE`, look at it, and apply that',
    }),
  ])
}

/** `phase host: step (reason)`, one line a step. */
function outline(plan: Plan): readonly string[] {
  return plan.phases.flatMap(({ title, work }) =>
    work.flatMap(({ host, steps }) => steps.map((step) => `${title}, ${host}: ${step.title} (${step.reason})`)),
  )
}

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

function unusable(path: string, cause: string): ReturnType<typeof errorProblem> {
  return errorProblem({
    code: 'plan-unusable',
    title: 'the plan file cannot be used',
    cause,
    evidence: path,
    remedy: 'make one with `trueno-deploy plan --out FILE`',
  })
}
