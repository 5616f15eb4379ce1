import type { HostKey } from '../cluster/cluster.js'
import type { Phase } from '../plan/plan.js'
import type { Engine } from './engine.js'

/** Trueno's barrier as the hosts of one phase share it: when one of them fails, the waits of the others are in vain. */
export interface Barrier {
  /** Aborts a while after a host failed before the barrier was passed. */
  readonly signal: AbortSignal
  /** A host of the phase has failed. */
  broke(host: HostKey): void
  /** The phase is over. */
  close(): void
}

/** How long the others may still find out what fails on themselves, so that all causes are told at once. */
const graceMs = 10_000

export function barrierOf(phase: Phase, engine: Pick<Engine, 'world'>): Barrier {
  const giveUp = new AbortController()
  const over = new AbortController()
  const broke = (host: HostKey): void => {
    if (phase.needs !== 'every') return
    engine.world.sleep(graceMs, over.signal).then(
      () => giveUp.abort(new BarrierBroken(host)),
      () => undefined,
    )
  }
  return { signal: giveUp.signal, broke, close: () => over.abort(new Error('the phase is over')) }
}

/** A wait was given up, since it cannot end without the host that failed. */
class BarrierBroken extends Error {
  override readonly name = 'BarrierBroken'
  constructor(readonly host: HostKey) {
    super(`the barrier cannot be passed without ${host}`)
  }
}
