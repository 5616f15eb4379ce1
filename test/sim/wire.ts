import type { HostKey } from '../../src/cluster/cluster.js'
import { unlessAborted } from '../../src/ssh/abort.js'
import type { ScriptResult } from '../../src/ssh/connection.js'
import { ConnectionError } from '../../src/ssh/errors.js'
import type { Link } from '../../src/ssh/link.js'
import type { Clock } from './clock.js'
import type { Machine } from './model/machine.js'
import type { Weather } from './weather.js'

/** One SSH connection to a model host: what is done over it takes time, and it can break at any moment. */
export interface Wire extends Link {
  /** Something travels to the host, or back. @throws ConnectionError `lost` */
  carry(what: string): Promise<void>
  /**
   * Has work done on the host and brings back what came of it. The work goes on when the wire breaks meanwhile.
   * @throws ConnectionError `lost`
   */
  call(what: string, work: () => Promise<ScriptResult>, signal?: AbortSignal): Promise<ScriptResult>
  /** Does what `subscribe` delivers, a while later and in order, until the signal aborts. @throws ConnectionError `lost` */
  stream(what: string, signal: AbortSignal, subscribe: (deliver: Deliver) => () => void): Promise<void>
  break(why: string): void
}

type Deliver = (action: () => void) => void

export interface WireOptions {
  readonly machine: Machine
  readonly clock: Clock
  readonly weather: Weather
}

export function createWire(options: WireOptions): Wire {
  const { machine } = options
  const fate = createFate(options)
  const carry = (what: string): Promise<void> => journey(what, fate, options)
  const call: Wire['call'] = async (what, work, signal) => {
    const round = async (): Promise<ScriptResult> => {
      await carry(`${what}, on its way`)
      const result = await fate.orLost(what, work())
      await carry(`${what}, its answer`)
      return result
    }
    signal?.throwIfAborted()
    return unlessAborted(round(), signal, () => undefined)
  }
  return {
    carry,
    call,
    stream: (what, signal, subscribe) => stream(what, { signal, subscribe }, fate, options),
    break: (why) => {
      if (fate.isOpen()) machine.witness.note(`${machine.key}: link lost (${why})`)
      fate.end(why)
    },
    isOpen: fate.isOpen,
    close: async () => fate.end('it was closed'),
    exec: () => Promise.reject(new Error('a model host has no shell')),
    forward: () => Promise.reject(new Error('a model host has no tunnels')),
  }
}

/** Whether a wire still holds, and what fails when it breaks. */
interface Fate {
  isOpen(): boolean
  end(why: string): void
  /** Settles like `work`, or fails when the wire breaks first. */
  orLost<T>(what: string, work: Promise<T>): Promise<T>
}

function createFate({ machine, clock }: WireOptions): Fate {
  const pending = new Set<(error: ConnectionError) => void>()
  let broken: ConnectionError | undefined
  return {
    isOpen: () => broken === undefined,
    end: (why) => {
      broken ??= lostError(machine.key, why)
      for (const fail of pending) fail(broken)
      pending.clear()
    },
    orLost: (what, work) => {
      if (broken !== undefined) return Promise.reject(broken)
      const arrived = clock.waitsFor(`${machine.key}: ${what}`)
      return new Promise((resolve, reject) => {
        pending.add(reject)
        work.then(resolve, reject).finally(() => pending.delete(reject))
      }).finally(arrived) as typeof work
    },
  }
}

/** One way through the network; does not end while the host is silent, or off. */
function journey(what: string, fate: Fate, { machine, clock, weather }: WireOptions): Promise<void> {
  if (weather.breaksHere(machine.key)) {
    machine.witness.note(`${machine.key}: link lost (${what})`)
    fate.end(what)
  }
  const arrival = new Promise<void>((resolve) => {
    const arrive = (): void => {
      const wait = machine.silentUntil - clock.now()
      if (wait > 0) clock.after(wait + weather.chance.between(1, 50), arrive)
      else if (machine.up) resolve()
    }
    clock.after(weather.chance.between(1, 60), arrive)
  })
  return fate.orLost(what, arrival)
}

interface Subscription {
  readonly signal: AbortSignal
  readonly subscribe: (deliver: Deliver) => () => void
}

async function stream(
  what: string,
  { signal, subscribe }: Subscription,
  fate: Fate,
  options: WireOptions,
): Promise<void> {
  if (signal.aborted) return
  const over = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  const waiting = fate.orLost(what, over)
  const stop = subscribe(delayed(() => fate.isOpen() && !signal.aborted, options))
  await waiting.finally(stop)
}

/** Hands on in order what comes; what comes while something is on its way arrives with it. */
function delayed(isWanted: () => boolean, { machine, clock, weather }: WireOptions): Deliver {
  let queue: (() => void)[] = []
  const arrive = (): void => {
    const wait = machine.silentUntil - clock.now()
    if (wait > 0) return void clock.after(wait, arrive)
    const arrived = queue
    queue = []
    for (const action of arrived) if (isWanted()) action()
  }
  return (action) => {
    queue.push(action)
    if (queue.length === 1) clock.after(weather.chance.between(1, 80), arrive)
  }
}

function lostError(host: HostKey, cause: string): ConnectionError {
  return new ConnectionError('lost', host, { cause })
}
