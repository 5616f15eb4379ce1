import type { Host } from '../cluster/cluster.js'
import { isCoordinator } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import {
  coordinatorOf,
  needsBarrier,
  othersOf,
  type PhaseDefinition,
  type PlanContext,
  stateOf,
} from '../plan/context.js'
import type { Step } from '../plan/plan.js'
import { balancerProcesses, truenoProcesses } from '../plan/state.js'
import { portsOf } from '../trueno/components.js'

/** In `up`: what runs, but not what is wanted, is stopped; others first, the coordinator last. */
export const stopOutdatedOthers: PhaseDefinition = {
  id: 'stopOthers',
  title: 'Stop others',
  needs: needsBarrier,
  hosts: othersOf,
  steps: stopOutdated,
}

export const stopOutdatedCoordinator: PhaseDefinition = {
  id: 'stopCoordinator',
  title: 'Stop coordinator',
  needs: needsBarrier,
  hosts: (context) => [coordinatorOf(context)].filter((host) => host !== undefined),
  steps: stopOutdated,
}

/** In `down`: everything that carries our marker on the host. */
export const stopOthers: PhaseDefinition = { ...stopOutdatedOthers, needs: () => 'each', steps: stopRunning }

export const stopCoordinator: PhaseDefinition = { ...stopOutdatedCoordinator, needs: () => 'each', steps: stopRunning }

/** On every host that runs one: a balancer moved in the inventory leaves its old one behind. */
export const stopBalancer: PhaseDefinition = {
  id: 'stopBalancer',
  title: 'Stop balancer',
  needs: () => 'each',
  hosts: (context) => context.chosen,
  steps: (_host, facts, context) =>
    balancerProcesses(facts).length === 0 ? [] : [stopBalancerStep(facts, context, 'it runs')],
}

/** Told to end, a balancer waits up to 10 s for connections to close that their clients keep open for ever. */
const drainMs = 3000

export function stopBalancerStep(facts: Facts, context: PlanContext, reason: string): Step {
  const args = [facts.home.path, seconds(Math.min(drainMs, context.cluster.timeouts.stop))]
  return { id: 'stop-balancer', title: 'Stop the balancer', reason, kind: 'run', script: 'balancer-stop', args }
}

function stopOutdated(host: Host, facts: Facts, context: PlanContext): readonly Step[] {
  const state = stateOf(host, facts, context)
  return state.kind === 'outdated' ? [stopStep(host, facts, context, state.why)] : []
}

function stopRunning(host: Host, facts: Facts, context: PlanContext): readonly Step[] {
  const count = truenoProcesses(facts).length
  return count === 0 ? [] : [stopStep(host, facts, context, `${count} processes of ours run`)]
}

export function stopStep(host: Host, facts: Facts, context: PlanContext, reason: string): Step {
  const title = isCoordinator(context.cluster, host) ? 'Stop the coordinator' : 'Stop Trueno'
  const args = [
    facts.home.path,
    facts.data.path,
    context.clusterId,
    seconds(context.cluster.timeouts.stop),
    ...closedPorts(host, facts, context),
  ]
  return { id: 'stop', title, reason, kind: 'run', script: 'stop', args }
}

/** The ports that must be closed afterwards: those Trueno's processes listen on now, and those of the roles. */
function closedPorts(host: Host, facts: Facts, context: PlanContext): readonly string[] {
  const balancer = new Set(balancerProcesses(facts).map(({ pid }) => pid))
  const ours = facts.listeners
    .filter((listener) => listener.ours && !(listener.pid !== null && balancer.has(listener.pid)))
    .map((listener) => `${listener.port}:${listener.address}`)
  const [own] = facts.ownAddresses
  const expected = portsOf(host, context.cluster).filter(({ port }) => !isForeignAt(own, port, facts))
  return [...new Set([...ours, ...expected.flatMap(({ port }) => (own === undefined ? [] : [`${port}:${own}`]))])]
}

/** What somebody else has is not ours to be closed. On other addresses of the machine others come and go. */
function isForeignAt(address: string | undefined, port: number, { listeners }: Facts): boolean {
  return listeners.some((one) => one.port === port && !one.ours && (one.address === '*' || one.address === address))
}

function seconds(ms: number): string {
  return String(Math.ceil(ms / 1000))
}
