import type { HostKey } from '../../cluster/cluster.js'
import type { TriedWay, WayOutcome } from '../../cluster/ways.js'
import { purposes } from '../../trueno/ways.js'
import type { PlanContext } from '../context.js'
import type { FindAcross, FoundAcross } from './checked.js'

export const portsAnswer: FindAcross = (context) => findingsOf('silent', context)
export const routesThere: FindAcross = (context) => findingsOf('no-route', context)
export const namesKnown: FindAcross = (context) => findingsOf('name-unknown', context)
export const portsAccepted: FindAcross = (context) => findingsOf('rejects', context)

/** What was not looked at is said, never passed over. */
export const waysTried: FindAcross = ({ surroundings }) => {
  const blind = surroundings.ways.filter(({ outcome }) => outcome === 'untried')
  return groupsOf(blind, ({ from, said }) => `${from} ${said}`).map((ways) => ({
    title: 'not tried whether it gets through to other hosts',
    cause: `whether it gets through to ${count(distinct(ways.map(({ to }) => to)), 'other host')} is not known: ${first(ways).said}`,
    evidence: '',
    remedy: 'let its sshd forward (`AllowTcpForwarding local`) or put bash there; or see for yourself',
    host: first(ways).from,
  }))
}

/** So long a way makes each question of a driver slow, and Elasticsearch's nodes lose each other. */
const farMs = 50

export const hostsNear: FindAcross = ({ surroundings }) => {
  const timed = surroundings.ways.filter(({ ms }) => ms !== null)
  // Of several connections the quickest says how far it is.
  const pairs = groupsOf(timed, ({ from, to }) => [from, to].sort().join(' ')).map((ways) => ({
    way: first(ways),
    ms: Math.min(...ways.map(({ ms }) => ms ?? 0)),
  }))
  const far = pairs.filter(({ ms }) => ms > farMs).sort((one, other) => other.ms - one.ms)
  if (far.length === 0) return []
  return [
    {
      title: 'hosts are far from each other',
      cause: `${count(far.length, 'pair')} of hosts of ${pairs.length} need more than ${farMs} ms to answer each other`,
      evidence: listed(far.map(({ way: { from, to }, ms }) => `${from} to ${to}: ${ms} ms`)),
      remedy: 'keep a cluster in one place: its engines ask each other all the time',
    },
  ]
}

/** What stands in the way. `rejects`: something listens there, and yet the connection is refused. */
type Obstacle = Exclude<WayOutcome, 'open' | 'refused' | 'untried'> | 'rejects'

/** Of the hosts that meet this obstacle. A refusal by itself is none: nobody listens there yet. */
function findingsOf(obstacle: Obstacle, context: PlanContext): readonly FoundAcross[] {
  const ways = context.surroundings.ways.filter((way) => obstacleOf(way, context) === obstacle)
  return groupsOf(ways, ({ from }) => from).flatMap((group) => ofOneHost(obstacle, group))
}

function obstacleOf(way: TriedWay, context: PlanContext): Obstacle | null {
  const { outcome } = way
  if (outcome === 'open' || outcome === 'untried') return null
  if (outcome === 'refused') return listensThere(way, context) ? 'rejects' : null
  return outcome === 'name-unknown' && isTold(way, context) ? null : outcome
}

/** What the host said of names in its facts is told by that check. */
function isTold({ from, to }: TriedWay, { facts }: PlanContext): boolean {
  return facts.get(from)?.names[to]?.length === 0
}

function listensThere({ to, port }: TriedWay, { facts }: PlanContext): boolean {
  const there = facts.get(to)
  return (
    there?.listeners.some(
      (listener) =>
        listener.port === port && (listener.address === '*' || there.ownAddresses.includes(listener.address)),
    ) ?? false
  )
}

/** To so many others each is told by its name; of more only how many they are, so that equal ones can be told once. */
const mostNamed = 3

function ofOneHost(obstacle: Obstacle, ways: readonly TriedWay[]): readonly FoundAcross[] {
  const byHost = groupsOf(ways, ({ to }) => to)
  if (byHost.length <= mostNamed) return byHost.map((group) => findingOf(obstacle, first(group).to, group))
  return [findingOf(obstacle, `${byHost.length} other hosts`, ways)]
}

function findingOf(obstacle: Obstacle, whom: string, ways: readonly TriedWay[]): FoundAcross {
  const { words, cause, remedy } = obstacles[obstacle]
  const ports = [...new Set(ways.map(({ port }) => port))].sort((one, other) => one - other)
  const evidence = [...ports.map((port) => `${port}: ${purposes[port]}`), listed(seen(ways))].filter(Boolean).join('\n')
  const named = `${ports.length === 1 ? 'port' : 'ports'} ${ports.join(', ')}`
  return { title: `cannot reach ${whom} (${words(named)})`, cause, evidence, remedy, host: first(ways).from }
}

/** What the system said, and of many hosts which. */
function seen(ways: readonly TriedWay[]): readonly string[] {
  const said = ways.flatMap(({ to, port, said }) => (said === '' ? [] : [`${to} port ${port}: ${said}`]))
  const names = distinct(ways.map(({ to }) => to)) > mostNamed ? ways.map(({ to }) => to) : []
  return [...new Set([...said, ...names])]
}

interface Told {
  readonly words: (ports: string) => string
  readonly cause: string
  readonly remedy: string
}

const obstacles = {
  silent: {
    words: (ports) => `${ports} filtered`,
    cause: 'nothing comes back: a firewall on either host, or between them, drops what is sent there',
    remedy: 'let these ports through between the hosts of the cluster',
  },
  'no-route': {
    words: () => 'no route',
    cause: 'its own system, or a router, says that there is no way there, or that it is not allowed',
    remedy:
      'correct the route or the firewall, or name the hosts in cluster.json by addresses of a network that they share',
  },
  'name-unknown': {
    words: () => 'name not found',
    cause: 'the host does not know this name, by which hosts find each other',
    remedy: 'put the name into /etc/hosts there or into its name server, or use addresses in cluster.json',
  },
  rejects: {
    words: (ports) => `${ports} refused`,
    cause: 'something listens there, and yet connections are refused: a firewall rejects them',
    remedy: 'let these ports through between the hosts of the cluster',
  },
} satisfies Record<Obstacle, Told>

/** How many lines are shown of what may be many. */
const mostLines = 10

function listed(lines: readonly string[]): string {
  const rest = lines.length - mostLines
  return [...lines.slice(0, mostLines), ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n')
}

function groupsOf<T>(items: readonly T[], key: (item: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group === undefined) groups.set(key(item), [item])
    else group.push(item)
  }
  return [...groups.values()]
}

function first<T>(group: readonly T[]): T {
  return group[0] as T
}

function distinct(keys: readonly HostKey[]): number {
  return new Set(keys).size
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`
}
