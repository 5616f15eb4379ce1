/** The one seam for time and chance. The real one is `systemWorld`; the simulator has a virtual clock and a seed. */
export interface World {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** A number in [0, 1). */
  random(): number
  /** 64 hexadecimal digits that nobody can guess. */
  secret(): string
}
