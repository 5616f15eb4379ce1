import { get } from './http.js'
import { NoAnswerError } from './limited.js'
import type { Answer, SparkAnswer } from './probes.js'
import type { Target } from './tunnel.js'

/** Asks Spark's master. `/json` alone is redirected to an absolute address, so `/json/` is asked (real-engines, 3). */
export async function askSpark(target: Target, over: AbortSignal): Promise<Answer<SparkAnswer>> {
  const { status, body } = await get(target, '/json/', over, () => false)
  if (status !== 200) throw new NoAnswerError('unexpected', `status ${status}`)
  return { ok: true, ...readMaster(parse(body)) }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}

function readMaster(value: unknown): SparkAnswer {
  const { url, status, workers } = Object(value)
  if (typeof url !== 'string' || typeof status !== 'string' || !Array.isArray(workers))
    throw new Error("what answers is not Spark's master")
  const listed = workers.map((worker) => ({ host: String(Object(worker).host), state: String(Object(worker).state) }))
  const alive = listed.filter(({ state }) => state === 'ALIVE')
  return { url, status, workers: listed, aliveWorkers: new Set(alive.map(({ host }) => host)).size }
}
