import type { HostKey } from '../cluster/cluster.js'
import { errorProblem, ProblemError } from '../errors.js'
import type { Probes } from '../health/probes.js'
import { readOnly } from '../ssh/link-connection.js'
import type { CommandContext, Fleet, ReadContext, ReadFleet } from './context.js'

/** The same context with every verb that changes a host taken away. */
export function readContext({ world, emit, signal, probes, knock, connect }: CommandContext): ReadContext {
  return {
    world,
    emit,
    signal,
    probes,
    ...(knock && { knock }),
    connect: async (cluster) => readFleet(await connect(cluster)),
  }
}

/** The probes of each connected host. */
export function probesOf(fleet: ReadFleet, context: Pick<ReadContext, 'probes'>): (host: HostKey) => Probes {
  return (host) => context.probes(connectionTo(fleet.connections, host))
}

/** @throws ProblemError where there is none */
export function connectionTo<C>(connections: ReadonlyMap<HostKey, C>, host: HostKey): C {
  const connection = connections.get(host)
  if (connection !== undefined) return connection
  const cause = `there is no connection to ${host}`
  throw new ProblemError([
    errorProblem({ code: 'unreachable', title: 'not reachable', cause, remedy: 'see `trueno-deploy status`', host }),
  ])
}

function readFleet(fleet: Fleet): ReadFleet {
  return {
    get connections() {
      return new Map([...fleet.connections].map(([key, connection]) => [key, readOnly(connection)]))
    },
    get unreachable() {
      return fleet.unreachable
    },
    reach: (cluster) => fleet.reach(cluster),
    leave: (host) => fleet.leave(host),
    [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose](),
  }
}
