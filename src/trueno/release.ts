import type { Role, Sha256 } from '../cluster/cluster.js'

/** One installable set of artifacts, identified by a hash of its content (sorted path, x-bit, link target, content). */
export interface Release {
  readonly id: Sha256
  readonly kind: 'trueno' | 'standin'
  /** For people: `Trueno dev, Elasticsearch 5.4.2, Spark 2.1.2` or `stand-in for Trueno`. */
  readonly label: string
  /** Range of Node versions it runs on, as semver writes it. */
  readonly nodeRange: string
  /** It brings its own Node (`runtime/node/bin/node`). */
  readonly hasRuntime: boolean
  /** What that Node runs on; absent: no Node in it, or one whose kind is not known. */
  readonly runtime?: Runtime
  /** It brings its own Java (`runtime/java`), which wins over the hosts'. Absent: no. */
  readonly hasJava?: boolean
  /** Components that are really in it: the others can only be placeholders. */
  readonly components: readonly ComponentDirectory[]
  /** Whether its engines need Java on the host. */
  readonly needsJava: boolean
  /** Elasticsearch in it is the real one (it refuses to run as root). */
  readonly realElasticsearch: boolean
  /** 8000 and 8001: on all addresses, as Trueno does, or on the host's own, as the stand-in can. */
  readonly binds: 'all' | 'host'
  /** PM2_KILL_TIMEOUT, milliseconds: how long a stop gives the engines. */
  readonly killTimeoutMs: number
  readonly artifacts: readonly Artifact[]
}

/** What a Node executable needs of the host it runs on. */
export interface Runtime {
  /** As `uname -m` names it: `x86_64`, `aarch64`. */
  readonly arch: string
  /** C library it is linked with; `unknown`: a static executable, or one that does not say. */
  readonly libc: 'glibc' | 'musl' | 'unknown'
}

/** One part of a release, sent as a deterministic tar and named by the sha256 of that tar. */
export interface Artifact {
  readonly sha256: Sha256
  /** `package`, `runtime`, or the directory of a component (`elasticsearch`). */
  readonly name: string
  /** Size of the tar. */
  readonly bytes: number
  /** What goes over the wire, when it is known already: less than `bytes` where it is compressed. */
  readonly wireBytes?: number
  /** What its tree takes on a host. */
  readonly space: Space
  /** Where its tree goes inside the release; empty for the package itself. */
  readonly to: string
  /** Who needs it: every host, hosts with one of these roles, or those that start Spark. */
  readonly for: 'every' | 'members' | readonly Role[]
}

/** Room on a disk. */
export interface Space {
  /** In blocks of 4 KiB, as most file systems give them. */
  readonly bytes: number
  /** Files, folders and links. */
  readonly files: number
}

/** The files that Trueno insists on at every start, relative to the package (contract, 3). */
export const launchers = {
  gremlin_server: 'bin/gremlin-server.sh',
  elasticsearch: 'bin/elasticsearch',
  cerebro: 'bin/cerebro',
  spark: 'bin/spark-class',
  trueno_compute_server: 'server_start.sh',
  trueno_elastic_bridge_server: 'bridgeServer.sh',
} as const satisfies Record<string, string>

export type ComponentDirectory = keyof typeof launchers

export const binaries = 'lib/core/binaries'
