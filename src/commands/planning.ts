import type { HostKey } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import type { Emit } from '../engine/events.js'
import { errorProblem, type Problem, ProblemError, UsageError } from '../errors.js'
import { workflows } from '../phases/workflows.js'
import { buildPlan, clusterIdOf } from '../plan/build.js'
import type { Fix } from '../plan/checks/fixes.js'
import type { PhaseDefinition, WantedRelease } from '../plan/context.js'
import type { Plan } from '../plan/plan.js'
import { preflightFixes, preflightProblems } from '../plan/preflight.js'
import { short } from '../plan/state.js'
import { isMissingRight } from '../ssh/errors.js'
import type { World } from '../world.js'
import type { HostOptions, ReleaseAtHand } from './context.js'
import { FailedRun } from './failed-run.js'
import type { Visit } from './visit.js'

/** What a plan is made for. */
export interface PlanRequest extends Pick<HostOptions, 'chosen' | 'parallel' | 'relay'> {
  readonly release: ReleaseAtHand | null
  /** Identity for a cluster that has none yet. */
  readonly freshId: string
  /** Default: `workflows.up`. The simulator looks whether it would notice a wrong one. */
  readonly phases?: readonly PhaseDefinition[]
}

/** A new cluster's identity. Random, since names are chosen by people and repeat. */
export function freshClusterId({ random }: Pick<World, 'random'>): string {
  return Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('')
}

export function planUp(visit: Visit, request: PlanRequest): Plan {
  const { cluster, facts, surroundings, unreachable } = visit
  const clusterId = clusterIdOf(cluster, facts, request.freshId)
  const release = request.release?.release ?? knownRelease(visit)
  const phases = request.phases ?? workflows.up
  return buildPlan('up', phases, {
    cluster,
    clusterId,
    release,
    facts,
    surroundings,
    unreachable,
    ...choice(request),
  })
}

/** What would make `up` fail. Without any release only what depends on one is not looked at. */
export function checkUp(visit: Visit, request: Omit<PlanRequest, 'phases'>): Checked {
  const { cluster, facts, surroundings } = visit
  const release = request.release?.release ?? releaseOfReceipts(visit)
  const clusterId = clusterIdOf(cluster, facts, request.freshId)
  const inputs = { cluster, clusterId, release, facts, surroundings, ...choice(request) }
  return { release, problems: preflightProblems(inputs, 'check'), fixes: preflightFixes(inputs) }
}

export interface Checked {
  readonly release: WantedRelease | null
  readonly problems: readonly Problem[]
  /** What root can mend of it, host by host. */
  readonly fixes: ReadonlyMap<HostKey, readonly Fix[]>
}

/** For the heading, where nobody has given one and the hosts tell which they run. */
export function tellRelease(release: Pick<WantedRelease, 'id' | 'label'> | null, emit: Emit): void {
  if (release !== null) emit({ kind: 'releaseKnown', release: `${short(release.id)} (${release.label})` })
}

export function planDown(visit: Visit, request: Pick<PlanRequest, 'chosen' | 'parallel'>): Plan {
  const { cluster, facts } = visit
  const clusterId = clusterIdOf(cluster, facts, runningId(facts))
  // Hosts that are to be left alone need not be there.
  const isConcerned = (host: HostKey): boolean => request.chosen === null || request.chosen.includes(host)
  const unreachable = new Map([...visit.unreachable].filter(([host]) => isConcerned(host)))
  return buildPlan('down', workflows.down, {
    cluster,
    clusterId,
    release: null,
    facts,
    unreachable,
    ...choice(request),
  })
}

/** What runs tells who it is, also where the receipt is gone. */
function runningId(facts: ReadonlyMap<HostKey, Facts>): string {
  const orphans = [...facts.values()].flatMap(({ receipt, processes }) => (receipt === null ? processes : []))
  return orphans[0]?.clusterId ?? ''
}

/**
 * A right that is missing is to be given before anything changes, as what the checks find is.
 * @param closing told below it
 */
export function refuseMissingRights(
  { unreachable }: Plan,
  chosen: PlanRequest['chosen'],
  closing: readonly string[],
): void {
  const concerned = unreachable.filter(({ host }) => chosen === null || chosen.includes(host ?? ''))
  if (concerned.some(isMissingRight)) throw new FailedRun(unreachable, closing)
}

/**
 * Throws when the checks found what would make it fail. Unreachable hosts do not stop it: the others are prepared.
 * @param closing told below what they found
 */
export function refuseProblems(plan: Plan, closing: readonly string[]): void {
  const errors = plan.problems.filter((problem) => problem.severity === 'error')
  if (errors.length > 0) throw new FailedRun([...errors, ...plan.unreachable], closing)
}

function choice({ chosen, parallel, relay = true }: Choice): Required<Choice> {
  return { chosen, parallel, relay }
}

type Choice = Pick<PlanRequest, 'chosen' | 'parallel' | 'relay'>

function knownRelease(visit: Visit): WantedRelease {
  const { facts, unreachable } = visit
  const release = releaseOfReceipts(visit)
  // Where no host could be asked, nobody knows what they carry.
  if (release === null && facts.size === 0 && unreachable.size > 0) throw new ProblemError([...unreachable.values()])
  if (release === null) throw new UsageError([noRelease])
  return release
}

/** Nothing given means: the release that the hosts run already; null when they carry none. */
function releaseOfReceipts({ cluster, facts }: Visit): WantedRelease | null {
  const keys = [cluster.coordinator, ...facts.keys()]
  const receipt = keys.map((key) => facts.get(key)?.receipt).find((candidate) => candidate)
  return receipt ? { ...receipt.release, artifacts: [] } : null
}

const noRelease = errorProblem({
  code: 'release-missing',
  title: 'no release is given',
  cause: 'the hosts carry no cluster yet, and neither `--release` nor `release:` in the inventory says what to deploy',
  remedy:
    'give a folder or a .tgz of a Trueno package with `trueno-deploy up --release PATH` (or the word `standin` to try things out)',
})
