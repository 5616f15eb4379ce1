import type { HostKey } from '../cluster/cluster.js'
import type { ReadySignal } from '../trueno/lines.js'

/** Hosts that are named while they are waited for. */
const mostNamed = 3

/** The ready signals that have come to a coordinator's barrier, as its log says. */
export class ReadySignals {
  readonly #come = new Set<HostKey>()
  #haveAllCome = false
  #hasForeign = false

  /** @param awaits hosts whose signal it waits for; empty: this host is no coordinator */
  constructor(private readonly awaits: readonly HostKey[]) {}

  /** One was counted that is not of the cluster, before all had come: a host of it will never be let through. */
  get hasForeign(): boolean {
    return this.#hasForeign
  }

  /** Trueno counts a name that is not of the cluster all the same (contract, 7.1). @returns whether it was one */
  received({ count, of, host }: ReadySignal): boolean {
    const isForeign = this.awaits.length > 0 && !this.awaits.includes(host) && !this.#haveAllCome
    this.#come.add(host)
    this.#haveAllCome ||= count === of
    this.#hasForeign ||= isForeign
    return isForeign
  }

  /** For people: how many have come, and whose is missing. */
  text({ count, of }: ReadySignal): string {
    const missing = this.awaits.filter((one) => !this.#come.has(one))
    const names = missing.length === 0 || missing.length > mostNamed ? '' : `; not yet: ${missing.join(', ')}`
    return `${count} of ${of} ready signals${names}`
  }
}
