import type { HostKey } from '../../src/cluster/cluster.js'
import type { Chance } from './chance.js'

/** What happens to everything that travels between the laptop and the hosts. */
export interface Weather {
  readonly chance: Chance
  /** Asked for each thing that sets out; true: the link breaks under it. */
  breaksHere(host: HostKey): boolean
  /** Chance of that, 0 to 1. */
  lossy: number
  /** Calls `action` when so many more things have set out; the returned function takes it back. */
  afterJourneys(count: number, action: () => void): () => void
}

export function createWeather(chance: Chance): Weather {
  const actions = new Map<number, () => void>()
  let journeys = 0
  return {
    chance,
    lossy: 0,
    breaksHere() {
      journeys += 1
      actions.get(journeys)?.()
      return this.lossy > 0 && chance.happens(this.lossy)
    },
    afterJourneys: (count, action) => {
      const at = journeys + count
      actions.set(at, action)
      return () => void actions.delete(at)
    },
  }
}
