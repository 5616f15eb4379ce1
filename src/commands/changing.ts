import type { ArtifactSource, Engine } from '../engine/engine.js'
import { type Lease, takeLease } from '../engine/lease.js'
import { LeaseHeldError, ProblemError } from '../errors.js'
import type { Connection } from '../ssh/connection.js'
import type { CommandContext, Fleet } from './context.js'
import { connectionTo, probesOf } from './read-context.js'
import type { Visit } from './visit.js'

interface Change {
  readonly fleet: Fleet
  readonly visit: Visit
  /** The verb, shown to whoever wants the lease meanwhile. */
  readonly purpose: string
  /** Wait when somebody else holds the lease. */
  readonly wait: boolean
}

/** Does something that changes hosts while holding the cluster's lease; releases it whatever happens. */
export async function withLease<T>(
  change: Change,
  context: CommandContext,
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  const lease = await leaseFor(change, context)
  try {
    return await work(lease)
  } finally {
    await lease.release()
  }
}

const askAgainMs = 2000

async function leaseFor(change: Change, context: CommandContext): Promise<Lease> {
  const { who, world, signal, emit, runs } = context
  const seen = Math.max(...[...change.visit.facts.values()].map(({ token }) => token))
  const request = { ...keeperOf(change), who, purpose: change.purpose, seen, world, ...(runs && { runs }) }
  for (let first = true; ; first = false) {
    try {
      return await takeLease(request)
    } catch (error) {
      if (!change.wait || !(error instanceof LeaseHeldError)) throw error
      if (first) emit({ kind: 'note', message: `Waiting for the lease: ${error.problems[0]?.cause}` })
    }
    await world.sleep(askAgainMs, signal)
  }
}

/** Carrying out needs a lease and a release only where the plan has steps for them. */
export function engineOf(
  fleet: Fleet,
  context: CommandContext,
  lease: Lease | null,
  artifacts: ArtifactSource | null,
): Engine {
  const { world, emit, signal } = context
  const { connections } = fleet
  return {
    world,
    emit,
    signal: lease === null ? signal : AbortSignal.any([signal, lease.lost]),
    connections,
    artifacts: artifacts ?? nothingAtHand,
    probes: probesOf(fleet, context),
    token: lease?.token ?? 0,
    uploadLimit: context.uploadLimit,
    relayLimit: context.relayLimit,
    mirror: context.mirror,
  }
}

/** The lease lies on the coordinator; where that cannot be reached, on the first host that can, so that `down` still excludes others. */
function keeperOf({ fleet, visit }: Change): { connection: Connection; home: string } {
  const keys = [visit.cluster.coordinator, ...visit.facts.keys()]
  const key = keys.find((candidate) => visit.facts.has(candidate) && fleet.connections.has(candidate))
  const facts = key === undefined ? undefined : visit.facts.get(key)
  if (key === undefined || facts === undefined) throw new ProblemError([...visit.unreachable.values()])
  return { connection: connectionTo(fleet.connections, key), home: facts.home.path }
}

const nothingAtHand: ArtifactSource = {
  open: (artifact) => Promise.reject(new Error(`no release at hand for ${artifact}`)),
}
