import type { Engine, StepPlace } from './engine.js'

/** Tells how far something on its way to a host is, not more often than anybody can read. */
export interface Progress {
  /** So much was there before; nothing of it is sent again. */
  begins(at: number): void
  reaches(at: number): void
}

const everyMs = 100

/** @param source what a screen says of it, e.g. `from 192.168.1.40`; null: nothing */
export function createProgress(engine: Engine, place: StepPlace, totalBytes: number, source: string | null): Progress {
  let fromBytes = 0
  let told = 0
  const tell = (bytes: number): void => {
    told = engine.world.now()
    const message = source === null ? {} : { message: source }
    engine.emit({ kind: 'stepProgress', ...place, ...message, bytes, totalBytes, ...(fromBytes > 0 && { fromBytes }) })
  }
  return {
    begins: (at) => {
      fromBytes = at
      if (at > 0 || source !== null) tell(at)
    },
    reaches: (at) => {
      if (at >= totalBytes || engine.world.now() - told >= everyMs) tell(at)
    },
  }
}
