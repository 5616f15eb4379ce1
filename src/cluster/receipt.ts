import type { HostKey, Role, Sha256 } from './cluster.js'

/** Random identity of a deployed cluster: 32 lower-case hexadecimal digits. */
export type ClusterId = string

/** What a managed host keeps about itself (`receipt.json`): enough for another laptop to take over. Never a secret. */
export interface Receipt {
  readonly version: 1
  readonly clusterId: ClusterId
  /** The cluster's name when this was written. */
  readonly name: string
  /** This host's key in `cluster.json`. */
  readonly key: HostKey
  readonly roles: readonly Role[]
  readonly member: boolean
  readonly release: {
    readonly id: Sha256
    /** For people: `Trueno dev, Elasticsearch 5.3.2` or `stand-in`. */
    readonly label: string
    /** Milliseconds that a stop gives the engines of this release. */
    readonly killTimeoutMs: number
    /** It brings its own Java; absent: no. */
    readonly hasJava?: boolean
  }
  readonly settings: {
    readonly home: string
    readonly data: string
    /** sha256 of `etc/environment`, where all other settings are. Only that file holds them: some may be secrets. */
    readonly environment: Sha256
  }
  /** Absent in what earlier versions wrote. */
  readonly keepReleases?: number
  /** Keys of all members, in the order of `cluster.json`. */
  readonly peers: readonly HostKey[]
  readonly balancer: { readonly host: HostKey; readonly sourcePort: number } | null
}

/** Written by `start.sh` just before Trueno is started (`run/start.json`). */
export interface StartRecord {
  /** Made on the host: `<epoch seconds>-<pid of the script>`. Also in the environment of all that this start made. */
  readonly id: string
  /** Epoch seconds by the host's clock. */
  readonly time: number
  readonly bootId: string
  readonly release: Sha256
  /** sha256 of `etc/cluster.json` at that time; of `etc/balancer.json` in a balancer's record. */
  readonly clusterFile: Sha256
  /** sha256 of `etc/environment` at that time; that of nothing when it was not there. */
  readonly environment: Sha256
}

/** Who holds the lease of a cluster (`lease/owner.json` on the coordinator). */
export interface LeaseOwner {
  /** `user@laptop`. */
  readonly who: string
  /** The command: `up`, `down`. */
  readonly purpose: string
  /** Epoch seconds by the host's clock. */
  readonly since: number
  /** Seconds since the last heartbeat, by the host's clock, when this was read. */
  readonly silent: number
  readonly token: number
}
