/** A role of Trueno's own four. In today's Trueno `backend` starts nothing. */
export type Role = 'master' | 'compute' | 'backend' | 'index'
export const roles = ['master', 'compute', 'backend', 'index'] as const satisfies readonly Role[]

/** A host's key in `cluster.json`: also its `-h` value and the name other hosts reach it by. */
export type HostKey = string

/** Lower-case hexadecimal sha256. */
export type Sha256 = string

/** How to reach a host with SSH. What is absent is left to the user's SSH configuration. */
export interface Access {
  /** Name given to ssh: an alias of `~/.ssh/config`, a host name or an address. Default: the host's key. */
  readonly ssh: string
  readonly user?: string
  /** 1–65535. */
  readonly port?: number
  /** Absolute path; `~` is expanded when the inventory is read. */
  readonly identityFile?: string
  /** Jump hosts, in ssh's own `-J` notation. */
  readonly proxyJump?: string
  readonly transport?: Transport
  /** Where the values above came from, for people: `inventory.yaml, hosts`. Absent: the inventory says none of them. */
  readonly from?: Readonly<Record<string, string>>
  /** Who everything on the host is done as. Default: the user that logs in. */
  readonly runAs?: RunAs
}

/** Another user than the one that logs in. Where it is the same one, nothing special is done. */
export interface RunAs {
  readonly user: string
  /** Default: sudo where the host has it, else doas; root itself needs neither. */
  readonly with?: 'sudo' | 'doas'
}

/** `ssh2` in this process, the ssh of this machine, or (`auto`) whichever can do what the SSH configuration asks. */
export type Transport = 'auto' | 'ssh2' | 'openssh'

/** Settings of the engines and of the layout on one host. No optionals but what is meant to be absent. */
export interface HostSettings {
  /** Where everything of ours lives: absolute, or beginning with `~/` (the run user's home). */
  readonly home: string
  /** Trueno's `--dir`: absolute, or beginning with `~/`. Never inside a release. */
  readonly data: string
  readonly java: {
    /** JAVA_HOME; absent: found on the host. */
    readonly home?: string
    /** JVM heap sizes as java takes them (`512m`, `4g`); absent: the engine's default. */
    readonly heap: { readonly elasticsearch?: string; readonly gremlin?: string }
    /** More JVM options, one string per option. */
    readonly options: { readonly elasticsearch: readonly string[]; readonly gremlin: readonly string[] }
  }
  readonly spark: {
    /** The daemons' own heap (SPARK_DAEMON_MEMORY). */
    readonly daemonHeap: string
    /** What a worker offers to jobs (SPARK_WORKER_MEMORY); absent: Spark's default, all memory less 1 GB. */
    readonly workerMemory?: string
    /** Cores a worker offers (SPARK_WORKER_CORES); absent: all. */
    readonly workerCores?: number
    /** SPARK_LOCAL_IP; absent: Spark decides. */
    readonly localIp?: string
    /** Laid over the release's spark-defaults.conf. */
    readonly defaults: Readonly<Record<string, string>>
    /** Laid over the release's log4j.properties of Spark. */
    readonly log4j: Readonly<Record<string, string>>
  }
  readonly elasticsearch: {
    /** Laid over what Trueno writes into elasticsearch.yml, by their keys. */
    readonly settings: Readonly<Record<string, EngineSetting>>
  }
  readonly gremlin: {
    /** Laid over the release's log4j-server.properties of the Gremlin server. */
    readonly log4j: Readonly<Record<string, string>>
  }
  /** More environment of the start, as it is. */
  readonly environment: Readonly<Record<string, string>>
}

export type EngineSetting = string | number | boolean | readonly string[]

export interface Host extends HostSettings {
  readonly key: HostKey
  /** Empty for a balancer host outside the cluster, and for a cluster host with no role. */
  readonly roles: readonly Role[]
  /** False only for a balancer host that is not in `cluster.json`. */
  readonly member: boolean
  readonly access: Access
}

/** Limits of waiting, in milliseconds. */
export interface Timeouts {
  readonly connect: number
  /** Of `connect`, how long `status` waits for a host that says nothing. */
  readonly status: number
  readonly start: number
  readonly stop: number
  readonly step: number
}

export interface Balancer {
  readonly host: HostKey
  readonly sourcePort: number
}

/** What is wanted: one cluster, normalised; nothing here was found on a host. */
export interface Cluster {
  readonly name: string
  /** Members in the order of `cluster.json`; a balancer host outside the cluster comes last. */
  readonly hosts: readonly Host[]
  /** Key of the one host with `master: true`. */
  readonly coordinator: HostKey
  readonly balancer: Balancer | null
  readonly timeouts: Timeouts
  /** How many releases stay on each host, the current one counted; at least 1. */
  readonly keepReleases: number
  /** `cluster.json` byte for byte (valid UTF-8 without BOM), and its sha256. */
  readonly file: { readonly content: string; readonly sha256: Sha256 }
  /** Path or `standin`, as given by option or inventory; absent: as the receipts say. Paths are absolute. */
  readonly release?: string
  /** A server that has artifacts as they travel: `https://…`, `http://…` or `s3://BUCKET/PREFIX`; absent: none. */
  readonly mirror?: string
  /** False when no inventory file is there: then settings and name are what the receipts on the hosts say. */
  readonly hasInventory: boolean
}

export function hasRole(host: Host, role: Role): boolean {
  return host.roles.includes(role)
}

export function isCoordinator(cluster: Cluster, host: Host): boolean {
  return host.key === cluster.coordinator
}

/** The hosts of `cluster.json`, without a balancer host outside it. */
export function members(cluster: Cluster): readonly Host[] {
  return cluster.hosts.filter((host) => host.member)
}

export function hostOf(cluster: Cluster, key: HostKey): Host {
  const host = cluster.hosts.find((candidate) => candidate.key === key)
  if (host === undefined) throw new Error(`no host ${key} in the cluster`)
  return host
}
