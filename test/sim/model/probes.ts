import type { Answer, ElasticsearchAnswer, NoAnswer, Probes, SparkAnswer } from '../../../src/health/probes.js'
import type { BalancerService } from './balancer.js'
import { workersOf } from './engines.js'
import type { Machine } from './machine.js'
import type { Network } from './network.js'

/** How an answer gets back to who asks; adds what the way there does to it. */
export type Way = <T>(signal: AbortSignal, answer: () => Answer<T>) => Promise<Answer<T>>

/** What the engines of the model hosts answer. */
export function modelProbes(network: Network, way: Way): Probes {
  const at = (address: string, port: number) => network.dial(address, port)
  return {
    http: (address, port, signal) => way(signal, () => http(at(address, port))),
    gremlin: (address, signal) => way(signal, () => gremlin(at(address, 8002))),
    elasticsearch: (address, signal) => way(signal, () => elasticsearch(address, network)),
    spark: (address, signal) => way(signal, () => spark(address, network)),
  }
}

type Listening = ReturnType<Network['dial']>

const refused: NoAnswer = { ok: false, reason: 'refused', detail: 'connection refused' }

const silent: NoAnswer = { ok: false, reason: 'timeout', detail: 'no answer within 2 s' }

function http(there: Listening): Answer<object> {
  if (there === undefined) return refused
  if (there.service === 'core') return { ok: true }
  const { serves } = there.service as Partial<BalancerService>
  if (serves === undefined) return silent
  return serves() ? { ok: true } : { ok: false, reason: 'unexpected', detail: 'status 503' }
}

function gremlin(there: Listening): Answer<object> {
  if (there === undefined) return refused
  return there.service === 'gremlin' ? { ok: true } : silent
}

/** Nodes find each other at once in the model. */
function elasticsearch(address: string, network: Network): Answer<ElasticsearchAnswer> {
  const there = network.dial(address, 8004)
  if (there === undefined) return refused
  if (there.service !== 'elasticsearch') return silent
  const nodes = [...network.machines.values()].filter((machine) => isNode(machine)).map(({ key }) => key)
  const status = nodes.length > 1 ? 'green' : 'yellow'
  return { ok: true, status, nodes: nodes.length, clusterUuid: 'model', version: '5.3.2', addresses: nodes }
}

function isNode({ ports }: Machine): boolean {
  return ports.get(8004)?.service === 'elasticsearch'
}

function spark(address: string, network: Network): Answer<SparkAnswer> {
  const master = network.dial(address, 8006)
  if (master === undefined) return refused
  const workers = workersOf(master.process).map(({ pid }) => ({ host: String(pid), state: 'ALIVE' }))
  return { ok: true, status: 'ALIVE', url: `spark://${address}:8005`, aliveWorkers: workers.length, workers }
}
