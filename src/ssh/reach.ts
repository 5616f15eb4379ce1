import type { Socket } from 'node:net'
import { DialError, type DialOptions, dial } from './dial.js'

export type ReachOptions = Pick<DialOptions, 'world' | 'only' | 'signal' | 'idleMs'>

const limitMs = 10_000

/** Dials a server of the web, and gives up one that does not answer, also where there is a signal. @throws DialError */
export async function reach(host: string, port: number, options: ReachOptions): Promise<Socket> {
  const { world, signal } = options
  const late = new AbortController()
  const over = new AbortController()
  const lateness = new DialError('timed-out', `${host} port ${port} does not answer`)
  world.sleep(limitMs, over.signal).then(
    () => late.abort(lateness),
    () => {},
  )
  const either = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal])
  return dial(host, port, { ...options, signal: either }).finally(() => over.abort())
}
