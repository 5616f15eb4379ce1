import type { HostKey, Sha256 } from '../cluster/cluster.js'
import type { Peers } from '../plan/plan.js'

/** A host that wants an artifact. */
export interface Client {
  readonly host: HostKey
  readonly home: string
  readonly artifact: Sha256
  /** Of what travels. */
  readonly wire: Sha256
  /** For people: `spark`. */
  readonly name: string
  /** Where its peers reach it, and the network that they are in; absent: it gets everything from here. */
  readonly peers?: Peers
  /** A mirror may have it. */
  readonly mirror: boolean
}

/** Stands for the mirror among the sources. */
export const theMirror = 'the mirror'

/** What a host can do for others. */
export interface Serving {
  /** Why it cannot serve; null: it can, as far as is known. */
  unusable(host: HostKey): string | null
  /** Clients that it serves now. */
  busy(host: HostKey): number
}

export type Choice =
  | { readonly kind: 'here'; readonly why: string | null }
  /** `whole`: the holder has all of it, verified; else it passes on what still arrives. */
  | { readonly kind: 'peer'; readonly holder: Client; readonly whole: boolean }
  | { readonly kind: 'mirror' }
  | { readonly kind: 'wait' }

/** Clients that one host serves at once. */
const mostClients = 3

/** Who has one artifact, who is getting it, who still wants it. */
export class Board {
  readonly #wanting: Set<HostKey>
  readonly #taking = new Map<HostKey, Client>()
  /** Of those that take it of another host: which. */
  readonly #sources = new Map<HostKey, HostKey>()
  readonly #passing = new Map<HostKey, Client>()
  readonly #holders = new Map<HostKey, Client>()
  readonly #avoided = new Map<HostKey, Map<HostKey, string>>()
  readonly #liars = new Map<HostKey, string>()
  readonly #patient = new Set<HostKey>()

  constructor(wanting: Iterable<HostKey>) {
    this.#wanting = new Set(wanting)
  }

  get holders(): readonly Client[] {
    return [...this.#holders.values()]
  }

  /** Whether anybody still wants it, or is getting it. */
  isWanted(): boolean {
    return this.#wanting.size + this.#taking.size > 0
  }

  /** Whether this host wants it, or is getting it. */
  expects(host: HostKey): boolean {
    return this.#wanting.has(host) || this.#taking.has(host)
  }

  /** Whether others will want it of whoever gets it now. */
  isWantedBesides({ host }: Client): boolean {
    return [...this.#wanting].some((other) => other !== host)
  }

  enter({ host }: Client): void {
    this.leave({ host })
    this.#wanting.add(host)
  }

  /** @param source the host that it is taken of; absent: it comes from here, or from a mirror */
  take(client: Client, source?: HostKey): void {
    this.#wanting.delete(client.host)
    this.#taking.set(client.host, client)
    if (source !== undefined) this.#sources.set(client.host, source)
  }

  /** It passes on what arrives. */
  pass(client: Client): void {
    if (this.#taking.has(client.host)) this.#passing.set(client.host, client)
  }

  hold(client: Client): void {
    this.leave(client)
    this.#holders.set(client.host, client)
  }

  leave({ host }: Pick<Client, 'host'>): void {
    for (const role of [this.#wanting, this.#taking, this.#passing, this.#sources]) role.delete(host)
  }

  /** It takes nothing any more of whoever has not all of it: what arrives there may itself come from it, or break off again. */
  waitForWhole({ host }: Client): void {
    this.#patient.add(host)
  }

  /** The source is not asked again by that client; by nobody where it lied. */
  avoid(client: Client, source: HostKey, why: string, lied: boolean): void {
    const { host } = client
    this.waitForWhole(client)
    if (lied) this.#liars.set(source, why)
    const own = this.#avoided.get(host) ?? new Map<HostKey, string>()
    this.#avoided.set(host, own.set(source, why))
  }

  /**
   * Where a host gets it from: a mirror; else the first of each network from here, the others from one that has it or is getting it,
   * as soon as there is one. What keeps a host from serving is no reason to wait.
   */
  choose(client: Client, serving: Serving): Choice {
    const { peers, mirror } = client
    if (mirror && this.#against(client, theMirror, serving) === null) return { kind: 'mirror' }
    if (peers === undefined) return { kind: 'here', why: null }
    const near = this.holders.filter((holder) => holder.peers?.network === peers.network)
    const able = near.filter(({ host }) => this.#against(client, host, serving) === null)
    const free = able.filter(({ host }) => serving.busy(host) < mostClients)
    const [best] = free.sort((one, other) => serving.busy(one.host) - serving.busy(other.host))
    if (best !== undefined) return { kind: 'peer', holder: best, whole: true }
    const passing = this.#passingTo(client, serving)
    if (passing !== undefined) return { kind: 'peer', holder: passing, whole: false }
    if (able.length > 0) return { kind: 'wait' }
    const why = near.map(({ host }) => this.#against(client, host, serving)).find((reason) => reason !== null) ?? null
    if (why !== null) return { kind: 'here', why }
    const isComing = [...this.#taking.values()].some(
      ({ host, peers: its }) =>
        host !== client.host && its?.network === peers.network && !this.#comesFrom(host, client.host),
    )
    return isComing ? { kind: 'wait' } : { kind: 'here', why: null }
  }

  /** Who began first has the shortest way from here, and few relays are enough. */
  #passingTo(client: Client, serving: Serving): Client | undefined {
    if (this.#patient.has(client.host)) return undefined
    return [...this.#passing.values()].find(
      (one) =>
        one.peers?.network === client.peers?.network &&
        !this.#comesFrom(one.host, client.host) &&
        this.#against(client, one.host, serving) === null &&
        serving.busy(one.host) < mostClients,
    )
  }

  /** Whether what a host is getting comes from the other, through whomever: then neither can wait for the other. */
  #comesFrom(host: HostKey, other: HostKey): boolean {
    for (let at = this.#sources.get(host); at !== undefined; at = this.#sources.get(at)) if (at === other) return true
    return false
  }

  #against({ host: client }: Client, host: HostKey, serving: Serving): string | null {
    return this.#avoided.get(client)?.get(host) ?? this.#liars.get(host) ?? serving.unusable(host)
  }
}
