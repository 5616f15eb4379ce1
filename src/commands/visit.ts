import type { Cluster, HostKey } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import { clusterFromReceipts } from '../cluster/from-receipts.js'
import { type Surroundings, unknownSurroundings } from '../cluster/surroundings.js'
import { type Gathered, gatherFacts } from '../engine/gather.js'
import { errorProblem, type Problem, ProblemError } from '../errors.js'
import type { ReadContext, ReadFleet } from './context.js'

/** What was found on a visit of all hosts. */
export interface Visit {
  /** As the files say; without an inventory file, as the receipts on the hosts say. */
  readonly cluster: Cluster
  readonly facts: ReadonlyMap<HostKey, Facts>
  /** No more than a visit by itself tells, until somebody looks around (`lookAround`). */
  readonly surroundings: Surroundings
  /** Hosts that could not be reached or asked. */
  readonly unreachable: ReadonlyMap<HostKey, Problem>
}

/** What asking takes of a context. */
type Asking = Pick<ReadContext, 'signal' | 'world'>

/** A context whose connections are of one kind, to change or only to read. */
type Connecting<F extends ReadFleet> = Pick<ReadContext, 'emit'> & {
  readonly connect: (cluster: Cluster) => Promise<F>
}

/** Connects to all hosts and tells how it went. */
export async function connectAll<F extends ReadFleet>(cluster: Cluster, context: Connecting<F>): Promise<F> {
  const keys = cluster.hosts.map((host) => host.key)
  context.emit({ kind: 'phaseStarted', phase: 'connect', title: 'Connect', hosts: keys })
  const fleet = await context.connect(cluster)
  for (const host of keys) {
    const problem = fleet.unreachable.get(host)
    const outcome = problem === undefined ? 'done' : 'failed'
    const why = problem && { message: problem.cause, problem }
    context.emit({ kind: 'hostFinished', phase: 'connect', host, outcome, ...why })
  }
  const failed = fleet.unreachable.size
  const summary = failed === 0 ? `${keys.length} hosts` : `${failed} of ${keys.length} hosts cannot be reached`
  context.emit({ kind: 'phaseFinished', phase: 'connect', outcome: failed === 0 ? 'done' : 'failed', summary })
  return fleet
}

/** Asks all connected hosts for their facts. Without an inventory file the receipts found may say that they live elsewhere: then once more. */
export async function visit(cluster: Cluster, fleet: ReadFleet, context: Asking): Promise<Visit> {
  return visited(cluster, fleet, context, await gather(cluster, fleet, context))
}

/** The same by who asks for nothing else: a host that has told is left, so that the memory of few connections is enough. */
export async function visitAndLeave(cluster: Cluster, fleet: ReadFleet, context: Asking): Promise<Visit> {
  // Receipts may send us there again.
  if (!cluster.hasInventory) return visit(cluster, fleet, context)
  return visited(cluster, fleet, context, await gather(cluster, fleet, context, (host) => fleet.leave(host)))
}

async function visited(cluster: Cluster, fleet: ReadFleet, context: Asking, first: Gathered): Promise<Visit> {
  const told = toldByReceipts(cluster, first.facts)
  const { facts, clocks, problems } = isElsewhere(told, cluster) ? await visitAgain(told, fleet, context) : first
  return {
    cluster: told,
    facts,
    surroundings: { ...unknownSurroundings, clocks },
    unreachable: new Map([...fleet.unreachable, ...problems]),
  }
}

/** What a host may take to say how it is; one that hangs must not hide the others. */
const silenceMs = 10_000

/** The same for those who only tell: a host that hangs is one that could not be asked. */
export async function visitBriefly(cluster: Cluster, fleet: ReadFleet, context: Asking): Promise<Visit> {
  const over = new AbortController()
  const silence = new AbortController()
  context.world.sleep(silenceMs, over.signal).then(
    () => silence.abort(new ProblemError([silent])),
    () => undefined,
  )
  try {
    return await visit(cluster, fleet, { ...context, signal: AbortSignal.any([context.signal, silence.signal]) })
  } finally {
    over.abort(new Error('visited'))
  }
}

const silent = errorProblem({
  code: 'host-silent',
  title: 'The host does not answer',
  cause: `it let us in, and did not say how it is within ${silenceMs / 1000} s`,
  remedy: 'log in with `ssh HOST` and look: is its disk or its memory exhausted?',
})

async function visitAgain(told: Cluster, fleet: ReadFleet, context: Asking): Promise<Gathered> {
  await fleet.reach(told)
  return gather(told, fleet, context)
}

function gather(
  cluster: Cluster,
  { connections }: ReadFleet,
  { signal, world }: Asking,
  asked?: (host: HostKey) => Promise<void>,
): Promise<Gathered> {
  return gatherFacts(cluster, connections, { signal, now: () => world.now(), ...(asked && { asked }) })
}

function toldByReceipts(cluster: Cluster, facts: ReadonlyMap<HostKey, Facts>): Cluster {
  if (cluster.hasInventory) return cluster
  const receipts = [...facts].flatMap(([key, { receipt }]) => (receipt === null ? [] : [[key, receipt] as const]))
  return clusterFromReceipts(cluster, new Map(receipts))
}

/** Whether other places are to be looked at than those that were. */
function isElsewhere(told: Cluster, cluster: Cluster): boolean {
  const asked = new Map(cluster.hosts.map((host) => [host.key, host]))
  const moved = told.hosts.some(({ key, home, data }) => asked.get(key)?.home !== home || asked.get(key)?.data !== data)
  return moved || told.balancer?.sourcePort !== cluster.balancer?.sourcePort
}
