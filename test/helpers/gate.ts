import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Lab } from './lab.js'

export interface Gate {
  /** For the knob `holdUntil` of the stand-in. */
  readonly holdUntil: string
  open(): void
}

/** What engines wait at until a test has done what is to be done before they go on, however slow the machine is. */
export function gateIn({ directory }: Lab, name = 'gate'): Gate {
  const holdUntil = join(directory, `${name}-is-open`)
  return { holdUntil, open: () => writeFileSync(holdUntil, '') }
}
