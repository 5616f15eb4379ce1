import type { Plan, Step } from './plan.js'
import { sha256 } from './state.js'

/** A plan as it may be shown and kept: files that may hold secrets are told by their hashes. */
export function withoutSecrets(plan: Plan): Plan {
  const phases = plan.phases.map((phase) => ({
    ...phase,
    work: phase.work.map((work) => ({ ...work, steps: work.steps.map(hidden) })),
  }))
  return { ...plan, phases }
}

function hidden(step: Step): Step {
  if (step.kind !== 'write' || step.secret !== true) return step
  return { ...step, content: `sha256:${sha256(step.content)}` }
}
