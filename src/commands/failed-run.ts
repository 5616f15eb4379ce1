import { type Problem, ProblemError } from '../errors.js'

/** A run that failed, with what it left and how to go on. */
export class FailedRun extends ProblemError {
  override readonly name = 'FailedRun'
  readonly closing: readonly string[]
  constructor(problems: readonly Problem[], closing: readonly string[]) {
    super(problems)
    this.closing = closing
  }
}
