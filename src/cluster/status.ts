import type { Problem } from '../errors.js'
import type { HostKey, Role } from './cluster.js'

/** What `status --json` prints; field names are a promise to scripts. */
export interface Status {
  readonly version: 1
  /** The cluster's name. */
  readonly cluster: string
  /** `unknown`: no host could be reached. `absent`: no host carries the cluster. */
  readonly state: ClusterState
  readonly coordinator: HostKey
  /** Release id of the coordinator; null: none. */
  readonly release: string | null
  /** Null where no host has the role. */
  readonly elasticsearch: ElasticsearchStatus | null
  readonly spark: SparkStatus | null
  /** Null when there is none. */
  readonly balancer: BalancerStatus | null
  readonly hosts: readonly HostStatus[]
}

export type ClusterState = 'ready' | 'degraded' | 'starting' | 'stopped' | 'absent' | 'unknown'

export interface ElasticsearchStatus {
  /** `green`, `yellow`, `red`, or `unreachable` when no index host answers. */
  readonly status: string
  readonly nodes: number
  readonly expectedNodes: number
  readonly version: string | null
}

export interface SparkStatus {
  /** `ALIVE`, what else the master says, or `unreachable`. */
  readonly status: string
  readonly workers: number
  readonly expectedWorkers: number
}

export interface BalancerStatus {
  readonly host: HostKey
  readonly sourcePort: number
  readonly state: 'running' | 'stopped' | 'failing' | 'unknown'
  readonly targets: number
}

export interface HostStatus {
  readonly host: HostKey
  readonly roles: readonly Role[]
  readonly reachable: boolean
  readonly state: ClusterState
  readonly release: string | null
  readonly components: readonly ComponentStatus[]
  /** Null: it could not be asked. */
  readonly disk: DiskStatus | null
  readonly problems: readonly Problem[]
}

/** What is on the disk of a host. */
export interface DiskStatus {
  /** For the user that runs Trueno, on the file system of our directory. */
  readonly freeBytes: number
  /** How many releases are there. */
  readonly releases: number
  /** What releases and artifacts take together: as recorded when they came; measured with --deep. */
  readonly storeBytes: number
  /** Trueno's data; null: not measured, since --deep was not given. */
  readonly dataBytes: number | null
}

export interface ComponentStatus {
  readonly name: string
  /** `restarting`: it ends again and again, and is started again each time. */
  readonly state: 'running' | 'restarting' | 'stopped'
  readonly pid: number | null
  readonly restarts: number
  readonly upSeconds: number | null
  readonly port: number
  /** It answered when it was asked; null: it was not asked, or there is nothing to ask. */
  readonly answers: boolean | null
}
