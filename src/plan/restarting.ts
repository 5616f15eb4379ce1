import type { Facts, MarkedProcess } from '../cluster/facts.js'
import { type Component, exitLimitOf } from '../trueno/components.js'
import { isCore, truenoProcesses } from './state.js'

/** A component that ends again and again, and is started again each time. */
export interface Restarting {
  readonly component: Component
  /** How often it has ended since the host's start. */
  readonly ends: number
  /** Its present life; null: it is between two. */
  readonly process: MarkedProcess | null
}

/** Who lives longer has come to stay, however often it ended before. */
const shortLifeSeconds = 30

/**
 * Which of a host's components keep restarting, as far as one moment tells: they ended more than once since the start,
 * and their present life is short. What ends with another one that does is not told of.
 */
export function restartingOf(facts: Facts, expected: readonly Component[]): readonly Restarting[] {
  if (truenoProcesses(facts).length === 0) return []
  const all = expected.map((component) => lifeOf(component, facts)).filter(isShortLived)
  const restarts = (name: Component['name']): boolean => all.some(({ component }) => component.name === name)
  if (restarts('core')) return all.filter(({ component }) => component.name === 'core')
  return all.filter(({ component }) => component.name !== 'bridge' || !restarts('elasticsearch'))
}

/** The process of a component; undefined: it does not run. */
export function processOf({ name, process }: Component, facts: Facts): MarkedProcess | undefined {
  return truenoProcesses(facts).find((one) => (name === 'core' ? isCore(one) : one.name === process))
}

function lifeOf(component: Component, facts: Facts): Restarting {
  const process = processOf(component, facts) ?? null
  return { component, ends: process?.restarts ?? facts.exits[component.process] ?? 0, process }
}

function isShortLived({ component, ends, process }: Restarting): boolean {
  return ends >= exitLimitOf(component.process) && (process?.upSeconds ?? 0) < shortLifeSeconds
}
