import type { HostKey } from '../cluster/cluster.js'
import type { HostWork, Phase } from '../plan/plan.js'
import type { Engine } from './engine.js'

/** Trueno's barrier as the hosts of one phase share it: when one of them fails, the waits of the others are in vain. */
export interface Barrier {
  /** Aborts when a host failed before the barrier was passed, and the others have had time to find out what fails on them. */
  readonly signal: AbortSignal
  /** How far a host has come. One that is `at` it has nothing of its own to find out any more. */
  stands(host: HostKey, where: Place): void
  /** A host of the phase has failed. */
  broke(host: HostKey): void
  /** A host has nothing more to do in this phase. */
  left(host: HostKey): void
  /** Says a line for the phase as a whole, beside what is to be said of the barrier. */
  tell(message: string): void
  /** The phase is over. */
  close(): void
}

export type Place = 'before' | 'at' | 'past'

/** How long the others may still find out what fails on themselves, so that all causes are told at once. */
const graceMs = 10_000

/** Who has stood at the barrier for so long, with nothing that ends, has nothing of its own to find out. */
const settledMs = 5000

export function barrierOf(phase: Phase, work: readonly HostWork[], engine: Pick<Engine, 'world' | 'emit'>): Barrier {
  const waiting = work.filter(({ steps }) => steps.some(({ kind }) => kind === 'wait'))
  const hosts = waiting.map(({ host }) => host)
  return new SharedBarrier(phase, hosts, engine)
}

class SharedBarrier implements Barrier {
  readonly #end = new AbortController()
  readonly #over = new AbortController()
  /** Of the hosts that still wait, and since when. */
  readonly #places: Map<HostKey, { readonly where: Place; readonly since: number }>
  #failed = 0
  /** When the waits are given up at the latest, once one has failed. */
  #until = 0
  #said = ''
  #shown = ''

  constructor(
    private readonly phase: Phase,
    hosts: readonly HostKey[],
    private readonly engine: Pick<Engine, 'world' | 'emit'>,
  ) {
    this.#places = new Map(hosts.map((host) => [host, { where: 'before', since: 0 }]))
  }

  get signal(): AbortSignal {
    return this.#end.signal
  }

  stands(host: HostKey, where: Place): void {
    const { world } = this.engine
    if (this.#places.has(host)) this.#places.set(host, { where, since: world.now() })
    this.#look()
    if (where === 'at') this.#after(settledMs, () => this.#look())
  }

  broke(host: HostKey): void {
    if (this.phase.needs !== 'every') return
    this.#failed += 1
    this.#places.delete(host)
    if (this.#failed === 1) this.#waitForMore()
    this.#look()
    if (this.#outlook() !== '') this.#show()
  }

  left(host: HostKey): void {
    this.#places.delete(host)
    this.#look()
  }

  tell(message: string): void {
    this.#said = message
    this.#show()
  }

  close(): void {
    this.#over.abort(new Error('the phase is over'))
  }

  #waitForMore(): void {
    this.#until = this.engine.world.now() + graceMs
    this.#after(graceMs, () => this.#giveUp())
  }

  #after(ms: number, act: () => void): void {
    this.engine.world.sleep(ms, this.#over.signal).then(act, () => undefined)
  }

  /** Where nobody has anything to find out any more, there is nothing to wait for. */
  #look(): void {
    const now = this.engine.world.now()
    const isDone = ({ where, since }: { where: Place; since: number }): boolean =>
      where === 'past' || (where === 'at' && now - since >= settledMs)
    if (this.#failed > 0 && [...this.#places.values()].every(isDone)) this.#giveUp()
  }

  #giveUp(): void {
    if (this.signal.aborted) return
    this.#end.abort(new BarrierBroken())
    if (this.#outlook() !== '') this.#show()
  }

  #show(): void {
    const message = [this.#outlook(), this.#said].filter((text) => text !== '').join(' · ')
    if (message === this.#shown) return
    this.#shown = message
    this.engine.emit({ kind: 'phaseProgress', phase: this.phase.id, message })
  }

  /** What a failure means for those that wait; empty: none has failed, or nobody waits. */
  #outlook(): string {
    if (this.#failed === 0 || this.#places.size === 0) return ''
    if (!this.signal.aborted) {
      const left = Math.ceil((this.#until - this.engine.world.now()) / 1000)
      return `${this.#failed} failed, waiting up to ${left} s for what the others find`
    }
    const past = [...this.#places.values()].filter(({ where }) => where === 'past').length
    return past === 0 ? '' : `${this.#failed} failed, ${past} past the barrier ${past === 1 ? 'goes' : 'go'} on`
  }
}

/** A wait was given up, since it cannot end without the host that failed. */
class BarrierBroken extends Error {
  override readonly name = 'BarrierBroken'
  constructor() {
    super('the barrier cannot be passed without those that failed')
  }
}
