import type { Role, Sha256 } from '../cluster/cluster.js'

/** One installable set of artifacts, identified by a hash of its content (sorted path, x-bit, link target, content). */
export interface Release {
  readonly id: Sha256
  readonly kind: 'trueno' | 'standin'
  /** For people: `Trueno dev, Elasticsearch 5.4.2, Spark 2.1.2` or `stand-in for Trueno`. */
  readonly label: string
  /** Range of Node versions it runs on, as semver writes it. */
  readonly nodeRange: string
  /** It brings a Node of its own, for all hosts or for some platforms. */
  readonly hasRuntime: boolean
  /** It brings its own Java beside each Node, which wins over the hosts'. Absent: no. */
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

/** Platforms that a release can bring a Node for, each in a folder of this name below `runtime`. */
export const platforms = {
  'linux-x64': { arch: 'x86_64', libc: 'glibc' },
  'linux-arm64': { arch: 'aarch64', libc: 'glibc' },
  'linux-x64-musl': { arch: 'x86_64', libc: 'musl' },
  'linux-arm64-musl': { arch: 'aarch64', libc: 'musl' },
} as const satisfies Record<string, Runtime>

export type Platform = keyof typeof platforms

/** Whether a Node runs on a machine; what is not known is no obstacle. */
export function runsOn({ arch, libc }: Runtime, machine: Runtime): boolean {
  const agree = (one: string, other: string): boolean => one === other || [one, other].includes('unknown')
  return agree(arch, machine.arch) && agree(libc, machine.libc)
}

/** One part of a release, sent as a deterministic tar and named by the sha256 of that tar. */
export interface Artifact {
  readonly sha256: Sha256
  /** `package`, `runtime`, `runtime-` and a platform, or the directory of a component (`elasticsearch`). */
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
  /** What its Node runs on: of several for one place each host gets the one that fits. Absent: no Node is in it. */
  readonly runtime?: Runtime
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

/** Whether the artifact with this name brings a Node. */
export function bringsNode(artifact: string): boolean {
  return /^runtime(?:-|$)/.test(artifact)
}
