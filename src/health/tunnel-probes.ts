import type { ReadConnection } from '../ssh/connection.js'
import type { World } from '../world.js'
import { askElasticsearch } from './elasticsearch.js'
import { get } from './http.js'
import { type Limit, limited, NoAnswerError } from './limited.js'
import type { Answer, Probes } from './probes.js'
import { askSpark } from './spark.js'
import type { Target } from './tunnel.js'

/** How long one question may take: an engine that collects garbage, or a host that is busy, is not dead. */
const usualLimitMs = 5000

/** Probes through tunnels of a host's own connection: the laptop needs no open port. */
export function createProbes(connection: ReadConnection, world: World, limitMs = usualLimitMs): Probes {
  const limit = (signal: AbortSignal): Limit => ({ world, ms: limitMs, signal })
  const at = (address: string, port: number): Target => ({ connection, address, port })
  return {
    http: (address, port, signal) => limited(limit(signal), (over) => askHttp(at(address, port), over)),
    gremlin: (address, signal) => limited(limit(signal), (over) => askGremlin(at(address, 8002), over)),
    elasticsearch: (address, signal) => askElasticsearch(at(address, 8004), limit(signal)),
    spark: (address, signal) => limited(limit(signal), (over) => askSpark(at(address, 8006), over)),
  }
}

async function askHttp(target: Target, over: AbortSignal): Promise<Answer<object>> {
  const { status } = await get(target, '/', over, () => true)
  if (status !== 200) throw new NoAnswerError('unexpected', `status ${status}`)
  return { ok: true }
}

/** What only Gremlin answers to a request that does not ask for a WebSocket; a plain GET / it never answers (real-engines, 3). */
const refusal = 'not a WebSocket handshake request'

async function askGremlin(target: Target, over: AbortSignal): Promise<Answer<object>> {
  const { status, body } = await get(
    target,
    '/gremlin',
    over,
    (answer) => answer.status !== 400 || answer.body.includes(refusal),
  )
  if (status !== 400) throw new NoAnswerError('unexpected', `status ${status}`)
  if (!body.includes(refusal)) throw new NoAnswerError('unexpected', 'what answers is not the Gremlin server')
  return { ok: true }
}
