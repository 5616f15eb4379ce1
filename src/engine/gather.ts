import type { Cluster, Host, HostKey } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import { parseFacts } from '../cluster/parse-facts.js'
import { type ClockReading, readClock } from '../cluster/surroundings.js'
import { type Problem, ProblemError } from '../errors.js'
import type { ReadConnection } from '../ssh/connection.js'
import { createSlots, keyed } from '../ssh/slots.js'
import { portsOf } from '../trueno/components.js'
import { namesToKnow } from '../trueno/peers.js'
import { scriptProblem } from './script-problem.js'

/** What hosts said of themselves, and why some did not. */
export interface Gathered {
  readonly facts: ReadonlyMap<HostKey, Facts>
  /** Clocks of the hosts; none where nobody told what time it was here. */
  readonly clocks: ReadonlyMap<HostKey, ClockReading>
  readonly problems: ReadonlyMap<HostKey, Problem>
}

export interface GatherOptions {
  readonly signal?: AbortSignal
  /** Milliseconds since the epoch, by the clock of this machine. */
  readonly now?: () => number
  /** Called when a host was asked, before another takes its turn. */
  readonly asked?: (host: HostKey) => Promise<void>
}

/** Hosts asked at once: beyond that nothing gets faster, and each that is asked takes memory. */
const mostAtOnce = 64

/** Asks all connected hosts side by side; one visit each. */
export async function gatherFacts(
  cluster: Cluster,
  connections: ReadonlyMap<HostKey, ReadConnection>,
  { signal, now, asked }: GatherOptions = {},
): Promise<Gathered> {
  const facts = new Map<HostKey, Facts>()
  const clocks = new Map<HostKey, ClockReading>()
  const problems = new Map<HostKey, Problem>()
  const share = createPeerSharing()
  const ask = async (host: Host, connection: ReadConnection): Promise<void> => {
    try {
      const began = now?.() ?? 0
      const found = share(await factsOf(host, cluster, connection, signal))
      facts.set(host.key, found)
      if (now !== undefined) clocks.set(host.key, readClock(found.machine.clock, { asked: began, answered: now() }))
    } catch (error) {
      if (!(error instanceof ProblemError) || error.problems[0] === undefined) throw error
      problems.set(host.key, { ...error.problems[0], host: host.key })
    }
  }
  const connected = cluster.hosts.flatMap((host) => {
    const connection = connections.get(host.key)
    return connection === undefined ? [] : [{ host, connection }]
  })
  const slots = createSlots(mostAtOnce)
  const inTurn = async ({ host, connection }: (typeof connected)[number]): Promise<void> => {
    await ask(host, connection)
    await asked?.(host.key)
  }
  await Promise.all(connected.map((one) => slots.use(() => inTurn(one))))
  return { facts: inOrder(cluster, facts), clocks, problems }
}

/** Every host keeps a list of all: of equal lists one is enough, or memory grows with the square of the hosts. */
function createPeerSharing(): (facts: Facts) => Facts {
  const lists = keyed((text): readonly HostKey[] => JSON.parse(text))
  return (facts) => {
    const { receipt } = facts
    return receipt === null ? facts : { ...facts, receipt: { ...receipt, peers: lists(JSON.stringify(receipt.peers)) } }
  }
}

async function factsOf(host: Host, cluster: Cluster, connection: ReadConnection, signal?: AbortSignal): Promise<Facts> {
  const others = cluster.hasInventory ? [] : ['others']
  const args = [
    host.home,
    host.data,
    host.key,
    ...portsToAsk(host, cluster),
    ...softwareAndNames(host, cluster),
    ...others,
  ]
  const result = await connection.read('facts', args, signal === undefined ? {} : { signal })
  if (result.code !== 0) throw new ProblemError([scriptProblem('Gather facts', 'facts', result)])
  return parseFacts(host.key, result.stdout)
}

function portsToAsk(host: Host, cluster: Cluster): readonly string[] {
  const balancer = cluster.balancer?.host === host.key ? [cluster.balancer.sourcePort] : []
  return [...portsOf(host, cluster).map(({ port }) => port), ...balancer].map(String)
}

/** Of what the engines will see there: their Java, the host's own name, and the names of those that they talk to. */
function softwareAndNames(host: Host, cluster: Cluster): readonly string[] {
  if (!host.member) return []
  const java = host.java.home === undefined ? [] : [`java=${host.java.home}`]
  return [...java, 'hostname', ...namesToKnow(host, cluster).map((name) => `name=${name}`)]
}

function inOrder(cluster: Cluster, facts: ReadonlyMap<HostKey, Facts>): ReadonlyMap<HostKey, Facts> {
  return new Map(cluster.hosts.flatMap(({ key }) => (facts.has(key) ? [[key, facts.get(key) as Facts] as const] : [])))
}
