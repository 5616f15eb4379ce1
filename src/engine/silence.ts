import type { Facts } from '../cluster/facts.js'
import { parseFacts } from '../cluster/parse-facts.js'
import { isAtBarrier, servesDrivers } from '../plan/state.js'
import type { ReadConnection } from '../ssh/connection.js'
import type { Gate } from '../trueno/gates.js'
import type { World } from '../world.js'

/** Longer than Trueno is usually silent while it starts. */
const silenceMs = 15_000

/** How long a log has said nothing. */
export class Quiet {
  #heardAt = 0

  constructor(private readonly world: World) {}

  /** A line has come. */
  heard(): void {
    this.#heardAt = this.world.now()
  }

  /** Resolves when no line has come for a while, from now on. */
  async hasFallen(signal: AbortSignal): Promise<void> {
    this.heard()
    for (let left = silenceMs; left > 0; left = this.#heardAt + silenceMs - this.world.now())
      await this.world.sleep(left, signal)
  }
}

/** What a host is found to be whose logs say nothing any more. */
export type Silence =
  /** There is nothing to say yet. */
  | 'waiting'
  /** What is waited for has happened; the line was lost, as when a log is moved away while it is followed. */
  | 'passed'
  /** Nothing of it runs any more: what ends by force says nothing. */
  | 'died'

/** Asks a host that has fallen silent. One that cannot say is taken to be waiting. */
export async function lookBehindSilence(connection: ReadConnection, gate: Gate): Promise<Silence> {
  const { home, data, key, id } = gate
  const { code, stdout } = await connection.read('facts', [home, data, key, '8000', '8001'])
  if (code !== 0) return 'waiting'
  const facts = parseFacts(key, stdout)
  const part = id === 'balancerAnswers' ? 'balancer' : 'trueno'
  if (!facts.processes.some((process) => process.part === part)) return 'died'
  return hasPassed[id](facts) ? 'passed' : 'waiting'
}

/** The ports tell the same as the lines (contract, 6.5). */
const hasPassed = {
  coordinatorAwaits: isAtBarrier,
  apiReady: servesDrivers,
  // It is asked all the time.
  balancerAnswers: () => false,
} satisfies Record<Gate['id'], (facts: Facts) => boolean>
