/** Lets at most so much work go on at once; the rest waits its turn, in order. */
export interface Slots {
  use<T>(work: () => Promise<T>): Promise<T>
}

export function createSlots(count: number): Slots {
  let free = count
  const waiting: (() => void)[] = []
  const enter = async (): Promise<void> => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
  }
  // A slot that is left is handed on, never freed first: nobody can slip in between.
  const leave = (): void => {
    const next = waiting.shift()
    if (next === undefined) free += 1
    else next()
  }
  return {
    use: async (work) => {
      await enter()
      try {
        return await work()
      } finally {
        leave()
      }
    },
  }
}

/** Slots by name, `count` for each, made when first asked for. */
export function createSlotsByName(count: number): (name: string) => Slots {
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
