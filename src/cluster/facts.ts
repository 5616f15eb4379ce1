import type { HostKey, Sha256 } from './cluster.js'
import type { LeaseOwner, Receipt, StartRecord } from './receipt.js'

/** What a host says of itself, gathered read-only in one round trip by `remote/facts.sh`. */
export interface Facts {
  readonly host: HostKey
  readonly user: { readonly name: string; readonly uid: number }
  readonly machine: {
    readonly hostname: string
    readonly os: string
    readonly arch: string
    readonly libc: 'glibc' | 'musl' | 'unknown'
    readonly bootId: string
    readonly cpus: number
    readonly memoryKiB: number
    readonly memoryAvailableKiB: number
    /** Epoch seconds of the host's clock. */
    readonly clock: number
    /** What the control group of a container allows; null: no limit is seen. */
    readonly memoryLimitKiB: number | null
    /** Swap space that is on; null where it cannot be read. */
    readonly swapKiB: number | null
    /** `vm.max_map_count`; null where it cannot be read. */
    readonly maxMapCount: number | null
    /** Transparent huge pages: `always`, `madvise` or `never`; null where it cannot be read. */
    readonly hugePages: string | null
    /** Hard limits of this very session, Infinity where there is none; null where they cannot be read. */
    readonly limits: Readonly<Record<LimitName, number | null>>
    /** Whose session of logind this is, and what becomes of its processes when it ends; null: none. */
    readonly session: { readonly user: string; readonly end: SessionEnd } | null
    /** Programs in /tmp cannot be run. */
    readonly temporaryNoExec: boolean
  }
  /** The absolute home directory of ours, `~` resolved, and the data directory. */
  readonly home: Place
  readonly data: Place
  /** Absolute paths of tools on the PATH of a non-interactive session; null: not there. */
  readonly tools: Readonly<Record<ToolName, string | null>>
  /** The host's own node, e.g. `8.17.0`; null: none on PATH. */
  readonly nodeVersion: string | null
  /** As the inventory says, else JAVA_HOME of the session, else of the `java` on PATH; null: there is no java to run. */
  readonly javaHome: string | null
  /** As `java -version` begins under that home (`java version "11.0.13"`), taken from its `release` file where it has one; null: none. */
  readonly javaVersion: string | null
  /** Addresses that the host's own key resolves to on this host; empty: the name is not found there. */
  readonly ownAddresses: readonly string[]
  /** IPv4 addresses that it has, but those of loopback; null where they cannot be told. */
  readonly localAddresses: readonly string[] | null
  /** Addresses here of the names asked for, its own host name among them; absent: that is not known. */
  readonly names: Readonly<Record<string, readonly string[]>>
  /** Target of the link `current`; null: none. */
  readonly currentRelease: Sha256 | null
  /** Complete releases below `releases/`, the one that became current last comes first. */
  readonly releases: readonly Sha256[]
  /** Of which artifacts a release was put together, by its id; absent where that is not recorded. */
  readonly parts: Readonly<Record<Sha256, readonly PlacedArtifact[]>>
  /** Complete artifacts below `artifacts/`. */
  readonly artifacts: readonly Sha256[]
  /** What an earlier run has brought of artifacts that are not whole yet: the next goes on from there. */
  readonly arrivedKiB: number
  /** What artifacts and releases take on the disk together, as far as it was recorded when they came. */
  readonly storeKiB: number
  /** sha256 of the configuration files in place; null: not there. */
  readonly files: {
    readonly cluster: Sha256 | null
    readonly environment: Sha256 | null
    readonly engines: Sha256 | null
    readonly balancer: Sha256 | null
    readonly receipt: Sha256 | null
  }
  /** Other users with a receipt for this host's key, and where; only asked for without an inventory, where `receipt` is null. */
  readonly keptByOthers: readonly { readonly user: string; readonly path: string }[]
  readonly receipt: Receipt | null
  readonly start: StartRecord | null
  /** Id of the start that `stop.sh` has stopped last; null: none. */
  readonly stoppedStart: string | null
  readonly balancerStart: StartRecord | null
  /** Highest lease token this host has seen; 0: none. */
  readonly token: number
  readonly lease: LeaseOwner | null
  /** How often processes ended since the start, by pm2's names; as far as the beginning of its log tells. */
  readonly exits: Readonly<Record<string, number>>
  /** Every process that carries our marker with this host's home, whoever started it. */
  readonly processes: readonly MarkedProcess[]
  /** Listening TCP sockets on the ports asked for. */
  readonly listeners: readonly Listener[]
  /** The kernel tells who listens; else `listeners` says nothing. */
  readonly listenersSeen: boolean
}

export const limitNames = ['open-files', 'threads', 'address-space', 'locked-memory'] as const
export type LimitName = (typeof limitNames)[number]

export const sessionEnds = ['kills', 'leaves', 'unknown'] as const
export type SessionEnd = (typeof sessionEnds)[number]

/** An artifact in a release. */
export interface PlacedArtifact {
  readonly sha256: Sha256
  /** Its place inside the release; empty for the package itself. */
  readonly to: string
}

export const toolNames = ['bash', 'tar', 'gzip', 'sha256sum', 'node', 'java'] as const
export type ToolName = (typeof toolNames)[number]

export interface Place {
  /** Absolute. */
  readonly path: string
  readonly exists: boolean
  /** It, or the nearest parent that exists, can be written to. */
  readonly writable: boolean
  /** A file is where the directory, or one above it, should be. */
  readonly obstructed: boolean
  /**
   * `device:inode` of it, for telling whether two keys share it. Where it does not exist, that of its nearest parent
   * and the path from there: containers of one kernel have the same paths, but not the same directories.
   */
  readonly identity: string | null
  /** Free for this user on its filesystem. */
  readonly freeKiB: number
  /** Of that filesystem, whole; 0 where not told. */
  readonly sizeKiB: number
  /** Files that can still be made on it; null: it has no such limit, or does not tell. */
  readonly freeFiles: number | null
  /** Filesystem type as the kernel names it (`ext4`, `nfs`), `unknown` where not told. */
  readonly filesystem: string
  /** It is mounted read-only; programs on it cannot be run. */
  readonly readOnly: boolean
  readonly noExec: boolean
}

export interface MarkedProcess {
  readonly pid: number
  /** Field 22 of /proc/PID/stat: with the pid, an identity. */
  readonly startTicks: number
  /** Seconds since it started. */
  readonly upSeconds: number
  /** The marker's cluster id. */
  readonly clusterId: string
  readonly part: 'trueno' | 'balancer'
  /** Start record it belongs to. */
  readonly startId: string
  /** pm2's name for it (`Trueno-Core`, `Elasticsearch`, …); empty for pm2's daemon and helpers. */
  readonly name: string
  /** pm2's restart count when this process was spawned; 0 where not told. */
  readonly restarts: number
  /** Beginning of the command line, for people. */
  readonly command: string
}

export interface Listener {
  readonly port: number
  /** Bound address; `*` for any. */
  readonly address: string
  /** Null where the kernel does not tell this user. */
  readonly pid: number | null
  readonly command: string | null
  readonly user: string | null
  /** It belongs to a process in `processes`. */
  readonly ours: boolean
}
