import { Agent } from 'node:http'
import { createRequire } from 'node:module'
import { isIPv6 } from 'node:net'
import { type Limit, limited, NoAnswerError } from './limited.js'
import type { Answer, ElasticsearchAnswer } from './probes.js'
import { openTunnel, type Target } from './tunnel.js'

// The package describes its types to CommonJS only.
type Package = typeof import('@elastic/elasticsearch', { with: { 'resolution-mode': 'require' }})
type Client = InstanceType<Package['Client']>
const require = createRequire(import.meta.url)

/**
 * Asks one node who it is and what it thinks of its cluster. Version 7.13.0 of the client is the last that talks to
 * what Trueno ships: later ones refuse a server without their product header (real-engines, 4).
 */
export async function askElasticsearch(target: Target, limit: Limit): Promise<Answer<ElasticsearchAnswer>> {
  const name = await throughClient(target, limit, async (client) => ({ ok: true, body: (await client.info()).body }))
  if (!name.ok) return name
  const state = await throughClient(target, limit, async (client) => {
    const [health, nodes] = await Promise.all([client.cluster.health(), client.nodes.info({ filter_path: nodeFields })])
    return { ok: true, ...readState(name.body, health.body, nodes.body) }
  })
  // It opens its port at once, but answers this only when a master is elected.
  return !state.ok && state.reason === 'timeout' ? { ...state, detail: 'it has no elected master yet' } : state
}

const nodeFields = 'nodes.*.host,nodes.*.ip'

async function throughClient<T extends { ok: true }>(
  target: Target,
  limit: Limit,
  ask: (client: Client) => Promise<T>,
) {
  // Loaded when it is needed: it is large, and most commands ask no Elasticsearch.
  const { Client } = require('@elastic/elasticsearch') as Package
  const host = isIPv6(target.address) ? `[${target.address}]` : target.address
  return limited<T>(limit, async (over) => {
    const tunnels = agentThrough(target, over)
    const node = `http://${host}:${target.port}`
    const client = new Client({ node, agent: () => tunnels.agent, maxRetries: 0, enableMetaHeader: false })
    return ask(client).catch((error: unknown) => Promise.reject(tunnels.refusal() ?? told(error)))
  })
}

/** An agent whose every connection is a tunnel of its own; nothing is kept alive. */
function agentThrough(target: Target, over: AbortSignal): { agent: Agent; refusal(): NoAnswerError | null } {
  let refusal: NoAnswerError | null = null
  const createConnection = (_options: unknown, connected: (error: Error | null, stream?: unknown) => void) => {
    openTunnel(target, over).then(
      (stream) => connected(null, stream),
      (error: NoAnswerError) => {
        // The client wraps it in an error of its own, without the reason.
        refusal = error
        connected(error)
      },
    )
  }
  return { agent: Object.assign(new Agent({ keepAlive: false }), { createConnection }), refusal: () => refusal }
}

function told(error: unknown): NoAnswerError {
  const { message, statusCode } = error as { message?: string; statusCode?: number }
  const text = message ?? String(error)
  return new NoAnswerError('unexpected', typeof statusCode === 'number' ? `status ${statusCode}: ${text}` : text)
}

/** Somebody else may listen on the port: nothing is taken for granted. */
function readState(info: Json, health: Json, nodes: Json): ElasticsearchAnswer {
  const { cluster_uuid: clusterUuid, version } = Object(info)
  const { status, number_of_nodes: count } = Object(health)
  const number = Object(version).number
  if (typeof clusterUuid !== 'string' || typeof number !== 'string' || !isStatus(status) || !Number.isInteger(count))
    throw new Error('what answers is not Elasticsearch')
  const addresses = Object.values(Object(Object(nodes).nodes)).map((node) =>
    String(Object(node).host ?? Object(node).ip),
  )
  return { status, nodes: count, clusterUuid, version: number, addresses: addresses.sort() }
}

type Json = unknown

function isStatus(value: unknown): value is ElasticsearchAnswer['status'] {
  return value === 'green' || value === 'yellow' || value === 'red'
}
