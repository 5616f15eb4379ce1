import type { EngineSetting, Transport } from '../cluster/cluster.js'

/** An inventory as people write it, after the schema has found nothing wrong with it. Null: a key with nothing below it. */
export interface Inventory {
  readonly name?: string
  readonly release?: string
  readonly mirror?: string
  readonly keepReleases?: number
  readonly defaults?: Settings | null
  readonly hosts?: Readonly<Record<string, HostEntry | null>> | null
  readonly balancer?: { readonly host: string; readonly sourcePort?: number } | null
  readonly timeouts?: TimeoutTexts | null
}

/** What can be set for all hosts, and for each. */
export interface Settings {
  readonly user?: string
  readonly port?: number
  readonly identityFile?: string
  readonly proxyJump?: string
  readonly transport?: Transport
  readonly runAs?: string
  readonly runAsWith?: 'sudo' | 'doas'
  readonly home?: string
  readonly data?: string
  readonly java?: {
    readonly home?: string
    readonly heap?: Engines<string> | null
    readonly options?: Engines<readonly string[]> | null
  } | null
  readonly spark?: {
    readonly daemonHeap?: string
    readonly workerMemory?: string
    readonly workerCores?: number
    readonly localIp?: string
    readonly defaults?: Readonly<Record<string, string>> | null
    readonly log4j?: Readonly<Record<string, string>> | null
  } | null
  readonly elasticsearch?: { readonly settings?: Readonly<Record<string, EngineSetting>> | null } | null
  readonly gremlin?: { readonly log4j?: Readonly<Record<string, string>> | null } | null
  readonly environment?: Readonly<Record<string, string>> | null
}

export interface HostEntry extends Settings {
  readonly ssh?: string
}

export interface TimeoutTexts {
  readonly connect?: string
  readonly status?: string
  readonly start?: string
  readonly stop?: string
  readonly step?: string
}

interface Engines<T> {
  readonly elasticsearch?: T
  readonly gremlin?: T
}
