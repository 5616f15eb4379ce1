import { type Problem, ProblemError } from '../errors.js'
import type { Plan } from '../plan/plan.js'

/** A run that failed, with what it left and how to go on. */
export class FailedRun extends ProblemError {
  override readonly name = 'FailedRun'
  readonly closing: readonly string[]
  /** What was carried out; absent: it did not come to that. */
  readonly plan: Plan | undefined
  constructor(problems: readonly Problem[], closing: readonly string[], plan?: Plan) {
    super(problems)
    this.closing = closing
    this.plan = plan
  }
}
