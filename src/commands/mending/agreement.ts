import { fixText } from '../../report/fix-text.js'
import type { VerbRun } from '../verb-run.js'
import type { FixOptions } from './check-and-fix.js'

/** Who runs something as root has seen it, unless --yes says so beforehand. Nobody to ask means no. */
export function agreement({ typed, ask, io }: Pick<VerbRun, 'typed' | 'ask' | 'io'>): FixOptions['agree'] {
  return async (fixes) => {
    if (typed.options.yes === true) return true
    if (ask === null) return false
    io.stderr.write(`${fixText(fixes)}\n`)
    const answer = await ask('Run this as root on these hosts? (yes/no) ', { secret: false })
    return answer.trim().toLowerCase() === 'yes'
  }
}
