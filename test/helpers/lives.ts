import type { Lab } from './lab.js'

/** Process id of a component that runs on a host of a lab. */
export function pidOf(lab: Lab, index: number, name: string): number {
  const found = lab.processes(index).find((process) => process.name === name)
  if (found === undefined) throw new Error(`no ${name} runs`)
  return found.pid
}

/** Waits for a life of a component other than this one; undefined: for its first. */
export async function nextLife(lab: Lab, index: number, name: string, before?: number): Promise<number> {
  for (;;) {
    const found = lab.processes(index).find((process) => process.name === name && process.pid !== before)
    if (found !== undefined) return found.pid
    await new Promise((resolve) => setImmediate(resolve))
  }
}
