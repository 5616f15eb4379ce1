import type { Facts } from '../cluster/facts.js'
import { errorProblem, type Problem } from '../errors.js'
import type { Restarting } from '../plan/restarting.js'
import { type Component, logsOf } from '../trueno/components.js'
import { delaysIn, explains } from '../trueno/explain.js'
import type { Scene } from '../trueno/scene.js'
import { died, hostRestarted } from './failing.js'
import { type LookAtHost, lookAtHost } from './look-at-host.js'
import { problemsOf } from './verdict.js'

/** Why a host is not well, as far as one look tells. */
export interface Causes {
  /** What keeps it from being so. */
  readonly failures: readonly Problem[]
  /** What it waits for. */
  readonly delays: readonly Problem[]
}

export interface CausesOptions {
  /** Components that do not stay up: told by what they logged, where nothing is known of them. */
  readonly restarting?: readonly Restarting[]
  /** What is not well there: an earlier trouble of others is not told. Default, and where core is among them: anything may be. */
  readonly about?: readonly Component[]
}

/** Looks at a host that is not well. */
export async function lookForCauses(
  look: LookAtHost,
  { restarting = [], about = [] }: CausesOptions = {},
): Promise<Causes> {
  const { host, facts } = look
  const scene = (await lookAtHost(look)) ?? { host: host.key, title: '', lines: [], condition: null }
  const looping = restarting.map(({ component }) => ({
    title: `${component.title} does not stay up`,
    logs: logsOf(component),
  }))
  if (runsNothing(scene)) return { failures: withDeath(problemsOf(scene, looping, null), facts), delays: [] }
  return { failures: isAbout(scene, about) ? problemsOf(scene, looping, null) : [], delays: delaysIn(scene) }
}

function isAbout(scene: Scene, components: readonly Component[]): boolean {
  if (components.length === 0 || components.some(({ name }) => name === 'core')) return true
  return components.some((component) => explains(scene, logsOf(component)))
}

function withDeath(failures: readonly Problem[], facts: Facts): readonly Problem[] {
  return failures.length > 0 ? failures : [nothingRuns(facts, { ...died, title: 'Trueno has died' })]
}

function runsNothing({ condition }: Scene): boolean {
  return condition?.processes.length === 0
}

/**
 * A host on which nothing runs of what was started.
 * @param otherwise told where the host was not started anew since
 */
export function nothingRuns({ host, start, machine }: Facts, otherwise: Parameters<typeof errorProblem>[0]): Problem {
  const wasRestarted = start !== null && start.bootId !== machine.bootId
  return errorProblem({ ...(wasRestarted ? hostRestarted : otherwise), host })
}
