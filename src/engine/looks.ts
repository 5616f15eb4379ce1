import type { Cluster, Host, HostKey } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import type { Problem } from '../errors.js'
import { createSlots } from '../ssh/slots.js'
import type { Component } from '../trueno/components.js'
import type { Engine } from './engine.js'
import { HostLooks } from './host-looks.js'
import { lookAtHost } from './look-at-host.js'
import type { Unwell } from './unwell.js'
import { findingsOf } from './verdict.js'

/** Between two looks at a host; longer where a look takes long. */
const pauseMs = 2000
const mostAtOnce = 16

export interface LooksOptions {
  readonly cluster: Cluster
  readonly facts: ReadonlyMap<HostKey, Facts>
  readonly engine: Engine
  /** Ends all looks. */
  readonly over: AbortSignal
  /** Hears each finding, of each host once. */
  readonly tell: (host: HostKey, problem: Problem) => void
}

/** Finds out, beside the asking, why hosts are not well: looks at each of them again and again. Reads only. */
export class Looks {
  readonly #hosts = new Map<HostKey, HostLooks>()
  readonly #slots = createSlots(mostAtOnce)
  readonly #told = new Set<string>()
  #unwell: readonly Unwell[] = []

  constructor(private readonly options: LooksOptions) {}

  /** These are not well now, and no others. */
  at(unwell: readonly Unwell[]): void {
    this.#unwell = unwell
    for (const key of new Set(unwell.map(({ host }) => host))) {
      const host = this.options.cluster.hosts.find((one) => one.key === key)
      if (host === undefined || this.#hosts.has(key)) continue
      const looks = new HostLooks()
      this.#hosts.set(key, looks)
      // It ends by the signal only.
      this.#watch(host, looks).catch(() => undefined)
    }
  }

  /** Whether one of those that are not well will not come to be. */
  isDoomed(): boolean {
    return this.#unwell.some(({ host, component }) => this.#hosts.get(host)?.isDoomed(component))
  }

  /** Tells all that the last looks have found, also what is only waited for. */
  tellAll(): void {
    for (const { scene } of this.#hosts.values())
      if (scene !== undefined && this.#at(scene.host).length > 0) this.#tell(scene.host, findingsOf(scene))
  }

  async #watch(host: Host, looks: HostLooks): Promise<void> {
    const { engine, over } = this.options
    const { world } = engine
    while (!over.aborted) {
      const began = world.now()
      if (this.#at(host.key).length > 0) await this.#slots.use(() => this.#look(host, looks))
      await world.sleep(Math.max(pauseMs, 2 * (world.now() - began)), over)
    }
  }

  async #look(host: Host, looks: HostLooks): Promise<void> {
    const { cluster, facts, engine, over } = this.options
    const [known, connection] = [facts.get(host.key), engine.connections.get(host.key)]
    if (known === undefined || connection === undefined) return
    const scene = await lookAtHost({ host, cluster, facts: known, connection, world: engine.world, signal: over })
    if (scene === undefined || over.aborted) return
    looks.saw(scene, this.#at(host.key))
    this.#tell(host.key, looks.causes(this.#at(host.key)))
  }

  #at(key: HostKey): readonly Component[] {
    return this.#unwell.filter(({ host }) => host === key).map(({ component }) => component)
  }

  #tell(host: HostKey, problems: readonly Problem[]): void {
    for (const problem of problems) {
      const name = `${host} ${problem.code} ${problem.title}`
      if (!this.#told.has(name)) this.options.tell(host, problem)
      this.#told.add(name)
    }
  }
}
