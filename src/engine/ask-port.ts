import type { Probes } from '../health/probes.js'
import type { Gate } from '../trueno/gates.js'
import type { World } from '../world.js'

/** A balancer answers within a moment; an Elasticsearch that came late takes its time. */
const askAfterMs = { first: 100, most: 1000 }

export interface AskOptions {
  readonly gate: Gate
  readonly probes: Probes
  readonly world: World
  readonly signal: AbortSignal
  /** Is told each answer that is none. */
  readonly tell: (message: string) => void
}

/** Resolves with what proves it when the gate's port answers. @param why no line will tell */
export async function askUntilItAnswers(
  why: string,
  { gate, probes, world, signal, tell }: AskOptions,
): Promise<string> {
  for (let pause = askAfterMs.first; ; pause = Math.min(pause * 2, askAfterMs.most)) {
    const answer = await probes.http(gate.key, gate.port, signal)
    if (answer.ok) return `port ${gate.port} answers (${why})`
    tell(`port ${gate.port}: ${answer.detail}`)
    await world.sleep(pause, signal)
  }
}
