import type { Connection } from '../ssh/connection.js'
import { componentOfProcess } from '../trueno/components.js'
import type { World } from '../world.js'

export interface ComponentLogsOptions {
  readonly connection: Connection
  readonly world: World
  /** Trueno's `--dir` on the host. */
  readonly data: string
  readonly signal: AbortSignal
  readonly onLine: (file: string, text: string) => void
  readonly onError: (error: unknown) => void
}

/** Components are started within a moment of each other: their logs are followed together. */
const gatherMs = 500
/** Each takes a channel of the connection. What is started later than that is looked at when it ends. */
const mostFollows = 2

/** Follows the logs of components as pm2 starts them: core does not say what they say. */
export class ComponentLogs {
  readonly #known = new Set<string>()
  #next: string[] = []
  #follows = 0

  constructor(private readonly options: ComponentLogsOptions) {}

  /** pm2 has started a process under this number; again after each of its ends. */
  started(process: string, id: number): void {
    const directory = componentOfProcess(process)?.directory
    if (!directory || this.#known.has(process) || this.#follows >= mostFollows) return
    this.#known.add(process)
    if (this.#next.length === 0) this.#gather().catch(this.options.onError)
    const logs = `${this.options.data}/logs/${directory}`
    this.#next.push(`${logs}-out-${id}.log`, `${logs}-err-${id}.log`)
  }

  async #gather(): Promise<void> {
    const { connection, world, signal, onLine } = this.options
    await world.sleep(gatherMs, signal)
    const files = this.#next
    this.#next = []
    this.#follows += 1
    await connection.follow(files, { signal, onLine })
  }
}
