import { errorProblem, type Problem } from '../errors.js'

/** A command line that is not one of ours. */
export function wrongUse(cause: string, remedy = 'see `trueno-deploy --help`'): Problem {
  return errorProblem({ code: 'wrong-use', title: 'wrong use', cause, remedy })
}
