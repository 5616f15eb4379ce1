import type { Step } from '../plan/plan.js'
import type { Slots } from '../ssh/slots.js'
import type { Barrier } from './barrier.js'
import type { Engine, StepPlace } from './engine.js'
import type { Transfers } from './transfers.js'

/** What a step is carried out with. */
export interface StepRun {
  readonly place: StepPlace
  readonly engine: Engine
  readonly barrier: Barrier
  readonly slots: Slots
  readonly transfers: Transfers
  /** Ends what may be broken off; the engine's, or that and the failure of what goes on beside. */
  readonly signal: AbortSignal
  /** To be called when it really begins, with its slot in hand. */
  readonly begin: () => void
}

export type WaitStep = Extract<Step, { kind: 'wait' }>
