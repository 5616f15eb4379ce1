/** Lets at most so much work go on at once; the rest waits its turn, in order. */
export interface Slots {
  use<T>(work: () => Promise<T>): Promise<T>
}

export interface NarrowingSlots extends Slots {
  /** Half as much at once from now on, one at least. */
  narrow(): void
}

export function createSlots(count: number): NarrowingSlots {
  let most = count
  let used = 0
  const waiting: (() => void)[] = []
  // A slot is taken for whoever waits before he goes on: nobody can slip in between.
  const admit = (): void => {
    while (used < most && waiting.length > 0) {
      used += 1
      waiting.shift()?.()
    }
  }
  const enter = (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve)
      admit()
    })
  return {
    use: async (work) => {
      await enter()
      try {
        return await work()
      } finally {
        used -= 1
        admit()
      }
    },
    narrow: () => {
      most = Math.max(1, Math.floor(most / 2))
    },
  }
}

/** Slots by name, `count` for each, made when first asked for. */
export function createSlotsByName(count: number): (name: string) => NarrowingSlots {
  return keyed((_name: string) => createSlots(count))
}

/** `make` with a memory: one value for each key. A promise that rejects stays; use it where that is the answer too. */
export function keyed<V>(make: (key: string) => V): (key: string) => V {
  const values = new Map<string, V>()
  return (key) => {
    if (!values.has(key)) values.set(key, make(key))
    return values.get(key) as V
  }
}
