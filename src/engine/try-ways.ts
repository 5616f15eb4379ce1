import type { HostKey } from '../cluster/cluster.js'
import { parseReach, type TriedWay, untried, type Way, type WayOutcome } from '../cluster/ways.js'
import { ProblemError } from '../errors.js'
import { type ReadConnection, TunnelError } from '../ssh/connection.js'
import { createSlots } from '../ssh/slots.js'
import type { World } from '../world.js'

export interface TryOptions {
  readonly world: World
  readonly signal: AbortSignal
}

/** How long an answer is waited for. */
const limitSeconds = 2

/** Hosts that try at once. */
const mostAtOnce = 64

/** Has hosts try whether they get through to others, each all of its own at once. Every way is answered for. */
export async function tryWays(
  ways: readonly Way[],
  connections: ReadonlyMap<HostKey, ReadConnection>,
  options: TryOptions,
): Promise<readonly TriedWay[]> {
  const slots = createSlots(mostAtOnce)
  const froms = [...new Set(ways.map(({ from }) => from))]
  const tried = froms.map((from) => {
    const own = ways.filter((way) => way.from === from)
    return slots.use(() => tryFrom(own, connections.get(from), options))
  })
  return (await Promise.all(tried)).flat()
}

async function tryFrom(
  ways: readonly Way[],
  connection: ReadConnection | undefined,
  options: TryOptions,
): Promise<readonly TriedWay[]> {
  if (connection === undefined) return ways.map((way) => ({ ...way, ...untried('there is no connection to the host') }))
  const { permitted, forbidden } = sortOut(ways, connection)
  try {
    const told = await tryTwice(permitted, connection, options)
    // The host's own sshd can do it too, where that is not forbidden.
    const better = told.map((way) => (way.outcome === 'untried' ? tryByTunnel(way, connection, options) : way))
    return [...forbidden, ...(await Promise.all(better))]
  } catch (error) {
    options.signal.throwIfAborted()
    // A host that was lost meanwhile has shown nothing of its ways.
    return ways.map((way) => ({ ...way, ...untried(reasonOf(error)) }))
  }
}

function sortOut(
  ways: readonly Way[],
  connection: ReadConnection,
): { readonly permitted: readonly Way[]; readonly forbidden: readonly TriedWay[] } {
  const reasons = new Map([...new Set(ways.map(({ to }) => to))].map((to) => [to, whyForbidden(connection, to)]))
  const isPermitted = ({ to }: Way): boolean => reasons.get(to) === null
  return {
    permitted: ways.filter(isPermitted),
    forbidden: ways.flatMap((way) => (isPermitted(way) ? [] : [{ ...way, ...untried(reasons.get(way.to) ?? '') }])),
  }
}

/** Null: it may be dialled. */
function whyForbidden(connection: ReadConnection, address: HostKey): string | null {
  try {
    connection.assertPermitted(address)
    return null
  } catch (error) {
    return reasonOf(error)
  }
}

/** What got no answer may only have been late, on a host that has much to do. */
async function tryTwice(
  ways: readonly Way[],
  connection: ReadConnection,
  options: TryOptions,
): Promise<readonly TriedWay[]> {
  const first = await tryByScript(ways, connection, options)
  const silent = first.filter(({ outcome }) => outcome === 'silent')
  const second = await tryByScript(silent, connection, options)
  return [...first.filter(({ outcome }) => outcome !== 'silent'), ...second]
}

async function tryByScript(
  ways: readonly Way[],
  connection: ReadConnection,
  { signal }: TryOptions,
): Promise<readonly TriedWay[]> {
  if (ways.length === 0) return []
  const args = [limitSeconds, ...ways.flatMap(({ to, port }) => [to, port])].map(String)
  const { stdout } = await connection.read('reach', args, { signal })
  return parseReach(ways, stdout)
}

async function tryByTunnel(
  way: TriedWay,
  connection: ReadConnection,
  { world, signal }: TryOptions,
): Promise<TriedWay> {
  const over = new AbortController()
  const until = AbortSignal.any([signal, over.signal])
  const late = world.sleep(1000 * limitSeconds, until).then(
    () => silentWhereHostAnswers(way, connection, until),
    (): TriedWay => way,
  )
  const tunnel = connection.tunnel(way.to, way.port).then(
    (stream): TriedWay => {
      stream.destroy()
      return { ...way, outcome: 'open', said: '' }
    },
    (error: unknown): TriedWay => ({ ...way, ...refusalOf(error, way) }),
  )
  try {
    return await Promise.race([tunnel, late])
  } finally {
    over.abort('finished')
    signal.throwIfAborted()
  }
}

/** No answer through a connection that is itself lost says nothing of the way. @throws ConnectionError */
async function silentWhereHostAnswers(
  way: TriedWay,
  connection: ReadConnection,
  signal: AbortSignal,
): Promise<TriedWay> {
  await connection.read('reach', ['0'], { signal })
  return { ...way, outcome: 'silent', said: '' }
}

/** sshd says why in the words of its system. */
function refusalOf(error: unknown, { said }: TriedWay): Pick<TriedWay, 'outcome' | 'said'> {
  const text = error instanceof TunnelError && !error.isForbidden ? error.message : ''
  const [outcome] = words.find(([, pattern]) => pattern.test(text)) ?? ['untried' as const]
  if (outcome === 'refused') return { outcome, said: '' }
  return { outcome, said: outcome === 'untried' ? `${said}; by its sshd: ${reasonOf(error)}` : text }
}

const words: readonly (readonly [WayOutcome, RegExp])[] = [
  ['refused', /refused/i],
  ['silent', /timed out/i],
  ['no-route', /no route|unreachable|permission denied|not permitted|invalid argument/i],
  ['name-unknown', /not known|name resolution|not resolve|no address|unknown host/i],
]

function reasonOf(error: unknown): string {
  if (error instanceof ProblemError) return error.problems[0]?.cause ?? error.message
  return error instanceof Error ? error.message : String(error)
}
