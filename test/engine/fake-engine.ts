import type { Engine } from '../../src/engine/engine.js'
import type { EventBody } from '../../src/engine/events.js'
import type { Answer, Probes } from '../../src/health/probes.js'
import { createChance } from '../sim/chance.js'
import { type Clock, createClock } from '../sim/clock.js'
import type { FakeHost } from './fake-host.js'

export interface FakeEngine {
  readonly engine: Engine
  readonly clock: Clock
  readonly events: readonly EventBody[]
  /** Ctrl-C. */
  interrupt(reason: Error): void
  /** Milliseconds since it was made. */
  elapsed(): number
}

export interface FakeEngineOptions {
  /** What HTTP says when it is asked, one after the other; the last one for ever. */
  readonly http?: readonly Answer<object>[]
  readonly artifacts?: Engine['artifacts']
  /** Default: none. */
  readonly uploadLimit?: number
}

/** An engine with fake hosts and a virtual clock. */
export function fakeEngine(hosts: readonly FakeHost[], options: FakeEngineOptions = {}): FakeEngine {
  const clock = createClock(createChance(1))
  const begin = clock.now()
  const events: EventBody[] = []
  const controller = new AbortController()
  const answers = [...(options.http ?? [])]
  const unexpected = (): Promise<never> => Promise.reject(new Error('nobody expects this question'))
  const http = async (): Promise<Answer<object>> => (answers.length > 1 ? answers.shift() : answers[0]) ?? unexpected()
  const probes: Probes = { http, gremlin: unexpected, elasticsearch: unexpected, spark: unexpected }
  return {
    clock,
    events,
    interrupt: (reason) => controller.abort(reason),
    elapsed: () => clock.now() - begin,
    engine: {
      world: clock.world,
      emit: (event) => events.push(event),
      signal: controller.signal,
      connections: new Map(hosts.map((host) => [host.host, host])),
      artifacts: options.artifacts ?? { open: unexpected },
      probes: () => probes,
      token: 7,
      uploadLimit: options.uploadLimit ?? null,
      relayLimit: null,
      mirror: null,
    },
  }
}
