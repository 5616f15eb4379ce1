import type { Host } from '../../cluster/cluster.js'
import type { Facts } from '../../cluster/facts.js'
import type { Problem } from '../../errors.js'
import type { Release } from '../../trueno/release.js'
import type { PlanContext } from '../context.js'

/** What a check looks at: one host with its facts, and the whole. */
export interface Checked {
  readonly host: Host
  readonly facts: Facts
  readonly context: PlanContext
  /** Null when only the receipts tell of it: then what it needs was checked when it was staged. */
  readonly release: Release | null
}

/** Finds what would make `up` fail on one host. Pure. */
export type Check = (checked: Checked) => readonly Problem[]
