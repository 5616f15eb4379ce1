import type { HostKey } from '../cluster/cluster.js'
import type { ComponentName } from './components.js'
import { exitOf } from './lines.js'

/** What is known of a host when something failed or takes long: the lines of its logs since the start, and how it is. */
export interface Scene {
  readonly host: string
  /** Title of what failed, e.g. `Elasticsearch did not start`; used when no cause is more specific. */
  readonly title: string
  /** What the names of the logs of the failed component begin with; absent when it is not known which failed. */
  readonly logs?: string
  readonly lines: readonly SceneLine[]
  /** Components that this host should run; absent: not known. */
  readonly expected?: readonly ComponentName[]
  /** Hosts whose ready signal this one waits for; absent: it waits for none. */
  readonly awaits?: readonly HostKey[]
  /** Null: the host could not be looked at. */
  readonly condition: Condition | null
}

export interface SceneLine {
  /** Absolute path of the log. */
  readonly file: string
  readonly text: string
}

/** How a host is. What could not be looked at is null or missing in its list. */
export interface Condition {
  /** Epoch seconds of its clock. */
  readonly now: number | null
  /** Epoch seconds of the present start. */
  readonly start: number | null
  readonly memory: { readonly totalKiB: number; readonly availableKiB: number; readonly swapFreeKiB: number } | null
  readonly disks: readonly Disk[]
  /** Hard limit of open files of a session; null: unlimited, or not told. */
  readonly openFiles: number | null
  readonly limits: readonly Limits[]
  readonly processes: readonly SceneProcess[]
  readonly listeners: readonly SceneListener[]
  /** How many processes the kernel killed for want of memory, also before this start; null: not told. */
  readonly oomKills: number | null
  /** What the kernel said since the start of memory, disks and killed processes. */
  readonly kernel: readonly string[]
  /** Versions of the release's own; null: not told. */
  readonly pm2: string | null
  readonly node: string | null
}

export interface Disk {
  readonly name: 'home' | 'data' | 'tmp'
  readonly path: string
  readonly freeKiB: number
  /** Null: the file system does not count them. */
  readonly freeInodes: number | null
  readonly filesystem: string
  readonly options: readonly string[]
}

/** Soft limits of a process, as the kernel writes them: a number, or `unlimited`. */
export interface Limits {
  readonly pid: number
  readonly name: string
  readonly openFiles: string
  readonly processes: string
  readonly lockedMemory: string
}

export interface SceneProcess {
  readonly pid: number
  readonly upSeconds: number
  /** pm2's name for it; empty for pm2's daemon and helpers. */
  readonly name: string
  readonly restarts: number
  readonly command: string
}

export interface SceneListener {
  readonly port: number
  /** `*` for any. */
  readonly address: string
  /** Null where the kernel does not tell this user. */
  readonly pid: number | null
  readonly user: string
  readonly command: string
  readonly ours: boolean
}

/** Name of a log without its directory. */
export function nameOf(file: string): string {
  return file.split('/').at(-1) ?? ''
}

/** What a log belongs to: the directory of a component, `Trueno-Core`, `pm2.log`, `loadbalancer`. */
export function ownerOf(file: string): string {
  const [, component] = /\/binaries\/([^/]+)\//.exec(file) ?? []
  return component ?? nameOf(file).replace(/(?:-(?:out|err|error)-\d+\.log|\.out)$/, '')
}

/** How processes ended since the start, as pm2's log says. */
export function exitsIn({ lines }: Pick<Scene, 'lines'>): readonly (NonNullable<ReturnType<typeof exitOf>> & {
  readonly line: SceneLine
})[] {
  return lines.flatMap((line) => {
    const exit = exitOf(line.text)
    return exit === undefined ? [] : [{ ...exit, line }]
  })
}
