import type { Cluster, Host, HostKey } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import type { ClusterId } from '../cluster/receipt.js'
import type { Problem } from '../errors.js'
import { foreignProcesses, unseenRunUsers } from './checks/cluster-checks.js'
import type { PhaseDefinition, PlanContext } from './context.js'
import type { Phase, Plan } from './plan.js'
import { contextOf, type Preflight, preflightProblems } from './preflight.js'
import { sendsOf } from './sends.js'
import { sha256 } from './state.js'

/** All that a plan is made of. */
export interface PlanInputs extends Preflight {
  /** Hosts that could not be reached, with the problem of each. */
  readonly unreachable: ReadonlyMap<HostKey, Problem>
}

/** Turns what is wanted and what was found into what will be done. Pure: the same inputs give the same plan. */
export function buildPlan(
  workflow: Plan['workflow'],
  definitions: readonly PhaseDefinition[],
  inputs: PlanInputs,
): Plan {
  const context = contextOf(inputs)
  const phases = definitions.map((definition) => phaseOf(definition, context)).filter((phase) => phase.work.length > 0)
  const { cluster, release } = inputs
  // Where the release lay is no part of what is wanted: its id is.
  const { release: _, ...files } = cluster
  return {
    version: 1,
    workflow,
    cluster: {
      id: inputs.clusterId,
      name: cluster.name,
      coordinator: cluster.coordinator,
      hosts: cluster.hosts.map((host) => host.key),
    },
    release: release === null ? null : { id: release.id, label: release.label },
    inputs: sha256(JSON.stringify([files, release?.id, inputs.chosen])),
    facts: sha256(JSON.stringify(phases)),
    phases,
    sends: sendsOf(phases, release?.artifacts ?? []),
    unreachable: [...inputs.unreachable.values()],
    problems:
      workflow === 'up' ? preflightProblems(inputs) : [...foreignProcesses(context), ...unseenRunUsers(context)],
  }
}

export function isEmpty(plan: Plan): boolean {
  return plan.phases.length === 0
}

/**
 * The cluster's identity: the coordinator's receipt tells it, else that of a host which knows this coordinator; a new
 * cluster gets `fresh`. Receipts of others say nothing of this cluster.
 */
export function clusterIdOf(cluster: Cluster, facts: ReadonlyMap<HostKey, Facts>, fresh: ClusterId): ClusterId {
  const receipts = [cluster.coordinator, ...facts.keys()].map((key) => facts.get(key)?.receipt)
  return receipts.find((receipt) => receipt?.peers.includes(cluster.coordinator))?.clusterId ?? fresh
}

function phaseOf(definition: PhaseDefinition, context: PlanContext): Phase {
  const work = definition.hosts(context).map((host) => ({ host: host.key, steps: stepsOf(definition, host, context) }))
  return {
    id: definition.id,
    title: definition.title,
    parallel: context.parallel,
    needs: definition.needs(context),
    work: work.filter(({ steps }) => steps.length > 0),
  }
}

function stepsOf(definition: PhaseDefinition, host: Host, context: PlanContext): ReturnType<PhaseDefinition['steps']> {
  const facts = context.facts.get(host.key)
  return facts === undefined ? [] : definition.steps(host, facts, context)
}
