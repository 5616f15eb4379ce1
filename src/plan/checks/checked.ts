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

/** What a check says; its code and severity are in the table. */
export type Finding = Pick<Problem, 'title' | 'cause' | 'remedy'> & { readonly evidence?: string }

/** Finds what is wrong on one host. Pure. */
export type Find = (checked: Checked) => readonly Finding[]

/** The same where more than one host is concerned; absent: none in particular. */
export type FoundAcross = Finding & Pick<Problem, 'host'>

/** Finds what concerns more than one host. Pure. */
export type FindAcross = (context: PlanContext, release: Release | null) => readonly FoundAcross[]

/** One row of the table of checks. */
export interface Check<F> {
  /** `error` stops `up`. */
  readonly severity: Problem['severity']
  /** `check`: only the verb of that name tells it, since `up` succeeds all the same and the reader has other worries. */
  readonly told: 'always' | 'check'
  readonly find: F
}

export function stops<F>(find: F): Check<F> {
  return { severity: 'error', told: 'always', find }
}

export function warns<F>(find: F): Check<F> {
  return { severity: 'warning', told: 'always', find }
}

export function notes<F>(find: F): Check<F> {
  return { severity: 'warning', told: 'check', find }
}
