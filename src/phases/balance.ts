import type { Balancer, Host } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import { needsBarrier, type PhaseDefinition, type PlanContext, wanted } from '../plan/context.js'
import type { Step } from '../plan/plan.js'
import { balancerProcesses, sha256 } from '../plan/state.js'
import { balancerFile } from '../trueno/balancer.js'
import { layoutOf } from '../trueno/layout.js'
import { wait } from './start.js'
import { stopBalancerStep } from './stop.js'
import { writeStep } from './write.js'

/** The balancer, last, since it needs somebody to send to: it answers through no host that waits at the barrier. One that the inventory no longer names is stopped. */
export const balance: PhaseDefinition = {
  id: 'balance',
  title: 'Balance',
  needs: needsBarrier,
  hosts: (context) => context.chosen,
  steps: (host, facts, context) => {
    if (context.cluster.balancer?.host === host.key) return present(host, facts, context)
    const reason = 'the inventory has no balancer on this host'
    return balancerProcesses(facts).length === 0 ? [] : [stopBalancerStep(facts, context, reason)]
  },
}

function present(host: Host, facts: Facts, context: PlanContext): readonly Step[] {
  const { balancer } = context.cluster
  if (balancer === null) return []
  const content = balancerFile(context.cluster, balancer)
  const path = layoutOf(facts.home.path).balancerFile
  const changed = changeOf(host, facts, content, context) ?? silence(facts, balancer)
  const runs = balancerProcesses(facts).length > 0
  if (runs && changed === undefined) return []
  return [
    ...(runs ? [stopBalancerStep(facts, context, changed ?? '')] : []),
    ...writeStep(facts, { id: 'balancer', name: 'balancer.json', path, content, found: facts.files.balancer }),
    start(facts, context, runs ? (changed ?? '') : 'no balancer runs there'),
    wait('balancerAnswers', 'Wait until it answers', host, facts, context),
  ]
}

/** Why a balancer that runs is not the one wanted. */
function changeOf(host: Host, facts: Facts, content: string, context: PlanContext): string | undefined {
  const want = wanted(host, facts, context)
  if (facts.files.balancer !== sha256(content)) return 'balancer.json differs'
  if (facts.balancerStart === null) return 'it runs without a start record'
  if (facts.balancerStart.release !== want?.release) return 'it runs from another release'
  return facts.balancerStart.environment === want.environment ? undefined : 'its settings differ'
}

/** One that cannot open its port is started again and again for a while, and then no more (contract, 9). */
function silence(facts: Facts, { sourcePort }: Balancer): string | undefined {
  const listens = facts.listeners.some(({ port, ours }) => ours && port === sourcePort)
  return listens ? undefined : `it does not listen on port ${sourcePort}`
}

function start(facts: Facts, context: PlanContext, reason: string): Step {
  const args = [facts.home.path, context.clusterId]
  return { id: 'start-balancer', title: 'Start the balancer', reason, kind: 'run', script: 'balancer-start', args }
}
