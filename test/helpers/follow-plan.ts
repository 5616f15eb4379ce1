import type { Cluster } from '../../src/cluster/cluster.js'
import type { Facts } from '../../src/cluster/facts.js'
import type { Plan, Step } from '../../src/plan/plan.js'
import { hash, processOf } from './fixtures.js'

/** What hosts look like after a plan was carried out: the pure counterpart of `apply`, for plans that must then be empty. */
export function follow(plan: Plan, facts: ReadonlyMap<string, Facts>, cluster: Cluster): ReadonlyMap<string, Facts> {
  const after = new Map(facts)
  for (const { work } of plan.phases) {
    for (const { host, steps } of work) {
      for (const step of steps) {
        const before = after.get(host)
        if (before !== undefined) after.set(host, taken(step, before, plan, cluster))
      }
    }
  }
  return after
}

function taken(step: Step, facts: Facts, plan: Plan, cluster: Cluster): Facts {
  if (step.kind === 'fetch') return { ...facts, artifacts: [...facts.artifacts, step.artifact] }
  if (step.kind === 'write') return written(step.path, step.content, facts)
  if (step.kind === 'wait' && step.gate.id === 'coordinatorAwaits') return facts
  if (step.kind === 'wait') return { ...facts, listeners: [...facts.listeners, serving(step.gate.port)] }
  return scripts[step.script]?.(facts, plan, cluster, step.args) ?? facts
}

function serving(port: number): Facts['listeners'][number] {
  return { port, address: '*', pid: 1, command: 'node', user: null, ours: true }
}

function written(path: string, content: string, facts: Facts): Facts {
  const sha = hash(content)
  if (path.endsWith('receipt.json'))
    return { ...facts, receipt: JSON.parse(content), files: { ...facts.files, receipt: sha } }
  const name = {
    'cluster.json': 'cluster',
    environment: 'environment',
    engines: 'engines',
    'balancer.json': 'balancer',
  }[path.split('/').at(-1) ?? '']
  return { ...facts, files: { ...facts.files, [name as string]: sha } }
}

const scripts: Partial<Record<string, (facts: Facts, plan: Plan, cluster: Cluster, args: readonly string[]) => Facts>> =
  {
    assemble: (facts, _plan, _cluster, [, id = '', ...parts]) => ({
      ...facts,
      releases: [id, ...facts.releases.filter((other) => other !== id)],
      parts: { ...facts.parts, [id]: placedBy(parts) },
    }),
    activate: (facts, _plan, _cluster, [, id = '']) => ({
      ...facts,
      currentRelease: id,
      releases: [id, ...facts.releases.filter((other) => other !== id)],
    }),
    prune: (facts, _plan, _cluster, [, ...names]) => ({
      ...facts,
      releases: facts.releases.filter((id) => !names.includes(id)),
      artifacts: facts.artifacts.filter((sha256) => !names.includes(sha256)),
    }),
    stop: (facts) => ({
      ...facts,
      processes: facts.processes.filter(({ part }) => part !== 'trueno'),
      listeners: [],
      stoppedStart: facts.start?.id ?? facts.stoppedStart,
    }),
    'balancer-stop': (facts) => ({ ...facts, processes: facts.processes.filter(({ part }) => part !== 'balancer') }),
    start: (facts, plan) => ({
      ...facts,
      start: recordOf(facts),
      processes: [
        ...facts.processes,
        processOf('', { clusterId: plan.cluster.id }),
        processOf('Trueno-Core', { clusterId: plan.cluster.id }),
      ],
    }),
    'balancer-start': (facts, plan) => ({
      ...facts,
      balancerStart: recordOf(facts),
      processes: [...facts.processes, processOf('balancer', { part: 'balancer', clusterId: plan.cluster.id })],
    }),
  }

function recordOf(facts: Facts): NonNullable<Facts['start']> {
  return {
    id: '1-1',
    time: 0,
    bootId: facts.machine.bootId,
    release: facts.currentRelease ?? '',
    clusterFile: facts.files.cluster ?? '',
    environment: facts.files.environment ?? '',
  }
}

function placedBy(parts: readonly string[]): Facts['parts'][string] {
  return parts.flatMap((word, at) =>
    word === 'artifact' ? [{ sha256: parts[at + 1] ?? '', to: parts[at + 2] ?? '' }] : [],
  )
}
