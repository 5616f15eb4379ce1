import { type Host, type HostKey, isCoordinator, members } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import {
  barrierAhead,
  coordinatorOf,
  membersOf,
  needsBarrier,
  othersOf,
  type PhaseDefinition,
  type PlanContext,
  stateOf,
  toStart,
} from '../plan/context.js'
import type { Recovery, Step } from '../plan/plan.js'
import { apiPort } from '../trueno/balancer.js'
import { componentsOf } from '../trueno/components.js'
import type { Gate } from '../trueno/gates.js'
import { stopStep } from './stop.js'

/** The coordinator first, and no further before it waits at its barrier (contract, 7.2). */
export const startCoordinator: PhaseDefinition = {
  id: 'startCoordinator',
  title: 'Start coordinator',
  needs: () => 'every',
  hosts: (context) => [coordinatorOf(context)].filter((host) => host !== undefined),
  steps: (host, facts, context) => {
    if (stateOf(host, facts, context).kind === 'serving') return []
    const begin = toStart(host, facts, context) ? [start(host, facts, context)] : []
    return [...begin, wait('coordinatorAwaits', 'Wait until it awaits the others', host, facts, context)]
  },
}

/** Starting is limited by `--parallel`, waiting is not: therefore two phases. */
export const startOthers: PhaseDefinition = {
  id: 'startOthers',
  title: 'Start others',
  needs: needsBarrier,
  hosts: othersOf,
  steps: (host, facts, context) => (toStart(host, facts, context) ? [start(host, facts, context)] : []),
}

export const awaitReady: PhaseDefinition = {
  id: 'awaitReady',
  title: 'Wait until ready',
  needs: needsBarrier,
  hosts: membersOf,
  steps: (host, facts, context) =>
    stateOf(host, facts, context).kind === 'serving'
      ? []
      : [wait('apiReady', 'Wait until it serves', host, facts, context)],
}

export function wait(gate: Gate['id'], title: string, host: Host, facts: Facts, context: PlanContext): Step {
  const limit = context.cluster.timeouts.start
  const reason =
    gate === 'balancerAnswers' ? 'what starts it says Success whatever happens' : notReady(host, facts, context)
  const port = gate === 'balancerAnswers' ? (context.cluster.balancer?.sourcePort ?? 0) : apiPort
  const value: Gate = {
    id: gate,
    key: host.key,
    home: facts.home.path,
    data: facts.data.path,
    port,
    expected: gate === 'balancerAnswers' ? [] : componentsOf(host, context.cluster).map(({ name }) => name),
    awaits: gate === 'apiReady' && isCoordinator(context.cluster, host) ? others(host, context) : [],
  }
  const recovery = gate === 'balancerAnswers' ? [] : recoveryOf(host, facts, context)
  return { id: `wait-${gate}`, title, reason, kind: 'wait', gate: value, timeoutMs: limit, recovery }
}

function others({ key }: Host, { cluster }: PlanContext): readonly HostKey[] {
  return members(cluster)
    .map((host) => host.key)
    .filter((other) => other !== key)
}

/** Where Trueno has missed that a component is ready, only a new start helps (contract, 7.4). */
function recoveryOf(host: Host, facts: Facts, context: PlanContext): readonly Recovery[] {
  return [stopStep(host, facts, context, ''), start(host, facts, context)].flatMap((step) =>
    step.kind === 'run' ? [{ title: step.title, script: step.script, args: step.args }] : [],
  )
}

function notReady(host: Host, facts: Facts, context: PlanContext): string {
  return toStart(host, facts, context) ? 'it is started in this run' : 'it was started earlier and does not serve yet'
}

function start(host: Host, facts: Facts, context: PlanContext): Step {
  const args = [
    facts.home.path,
    facts.data.path,
    host.key,
    context.clusterId,
    String(context.release?.killTimeoutMs ?? 0),
  ]
  const title = isCoordinator(context.cluster, host) ? 'Start the coordinator' : 'Start Trueno'
  return { id: 'start', title, reason: startReason(host, facts, context), kind: 'run', script: 'start', args }
}

function startReason(host: Host, facts: Facts, context: PlanContext): string {
  const state = stateOf(host, facts, context)
  if (state.kind === 'outdated') return `stopped in this run: ${state.why}`
  return barrierAhead(context) ? 'nothing of ours runs there' : 'nothing of ours runs there; the cluster does'
}
