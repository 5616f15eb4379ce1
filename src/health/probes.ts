/** Asks a host's engines for themselves, through the SSH connection to it. Never throws but when the signal aborts. */
export interface Probes {
  /** HTTP GET / on Trueno's own port or a balancer's: anything with status 200 serves. */
  http(address: string, port: number, signal: AbortSignal): Promise<Answer<object>>
  /** Gremlin server on 8002: `GET /gremlin` without an upgrade is refused with 400, which only Gremlin does. */
  gremlin(address: string, signal: AbortSignal): Promise<Answer<object>>
  elasticsearch(address: string, signal: AbortSignal): Promise<Answer<ElasticsearchAnswer>>
  /** Spark's master on 8006. */
  spark(address: string, signal: AbortSignal): Promise<Answer<SparkAnswer>>
}

export type Answer<T> = ({ readonly ok: true } & T) | NoAnswer

export interface NoAnswer {
  readonly ok: false
  /** `forbidden`: sshd of the host lets nothing through. */
  readonly reason: 'refused' | 'forbidden' | 'timeout' | 'unexpected' | 'link'
  /** For people: `connection refused`, `status 503`. */
  readonly detail: string
}

export interface ElasticsearchAnswer {
  readonly status: 'green' | 'yellow' | 'red'
  readonly nodes: number
  readonly clusterUuid: string
  readonly version: string
  /** Published addresses of all nodes it knows, without port. */
  readonly addresses: readonly string[]
}

export interface SparkAnswer {
  /** `ALIVE` or what else the master says of itself. */
  readonly status: string
  /** `spark://coordinator:8005`; another port when its own was taken. */
  readonly url: string
  /** Workers in state ALIVE; one that was restarted is listed twice for a while and counts once. */
  readonly aliveWorkers: number
  /** All that it lists, also those that are gone. `host` is the worker's own address, mostly its key. */
  readonly workers: readonly { readonly host: string; readonly state: string }[]
}
