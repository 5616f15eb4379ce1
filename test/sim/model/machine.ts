import { createHash } from 'node:crypto'
import type { HostKey } from '../../../src/cluster/cluster.js'
import type { PlacedArtifact } from '../../../src/cluster/facts.js'
import type { StartRecord } from '../../../src/cluster/receipt.js'
import type { ComponentName } from '../../../src/trueno/components.js'
import type { Chance } from '../chance.js'
import type { Clock } from '../clock.js'
import { createLogs, type Logs } from './logs.js'
import type { God } from './pm2.js'
import type { Process } from './process.js'
import type { Witness } from './witness.js'

/** A release as `assemble` built it. */
export interface ReleaseTree {
  /** Directories below lib/core/binaries that came from an artifact. */
  readonly engines: ReadonlySet<string>
  /** Empty files in their place, relative to the release. */
  readonly placeholders: ReadonlySet<string>
  /** It has lib/trueno.js. */
  readonly hasPackage: boolean
  /** What it was put together of. */
  readonly parts: readonly PlacedArtifact[]
}

/** What survives a power cut. */
export interface Disk {
  readonly artifacts: Set<string>
  /** What has arrived of artifacts, by what travels. */
  readonly parts: Map<string, { text: string }>
  /** What is kept to be passed on. */
  readonly seeds: Set<string>
  /** The one that became current last comes last. */
  readonly releases: Map<string, ReleaseTree>
  current: string | null
  /** Content of configuration files by absolute path. */
  readonly files: Map<string, string>
  start: StartRecord | null
  /** Id of the start that was stopped last. */
  stoppedStart: string | null
  balancerStart: StartRecord | null
  token: number
  isFull: boolean
  lease: LeaseFiles | null
}

/** `lease/owner.json` and `lease/beat`. */
export interface LeaseFiles {
  readonly token: number
  readonly who: string
  readonly purpose: string
  readonly since: number
  readonly run: string
  beat: number
}

/** What goes wrong with a component on a host, as long as it does. */
export interface Trouble {
  /** Milliseconds until it ends by itself, each time. */
  readonly livesMs?: number
  /** How many times longer it takes than usual. */
  readonly slowness?: number
  /** Core asks Elasticsearch, and nobody answers. */
  readonly failsPing?: boolean
}

export interface Machine {
  readonly key: HostKey
  readonly home: string
  readonly data: string
  readonly clock: Clock
  readonly chance: Chance
  readonly witness: Witness
  readonly disk: Disk
  readonly logs: Logs
  readonly processes: Map<number, Process>
  readonly ports: Map<number, { readonly process: Process; readonly service: unknown }>
  readonly troubles: Map<ComponentName, Trouble>
  /** What relays have granted, by their ports. */
  readonly relays: Map<number, Map<string, string>>
  /** Scripts that let no other of their name in. */
  readonly locks: Set<string>
  up: boolean
  bootId: string
  boots: number
  lastPid: number
  /** Nothing gets through to it or from it before this time. */
  silentUntil: number
  /** The pm2 daemon of our PM2_HOME. */
  god: God | null
  /** Takes back what scripts have set the clock to. */
  readonly alarms: Set<() => void>
}

export interface MachineOptions extends Pick<Machine, 'key' | 'clock' | 'chance' | 'witness'> {}

export const machineHome = '/home/trueno/trueno'

export function createMachine(options: MachineOptions): Machine {
  return {
    ...options,
    home: machineHome,
    data: `${machineHome}/data`,
    disk: emptyDisk(),
    logs: createLogs(),
    processes: new Map(),
    ports: new Map(),
    troubles: new Map(),
    relays: new Map(),
    locks: new Set(),
    up: true,
    bootId: `${options.key}-boot-1`,
    boots: 1,
    lastPid: 100,
    silentUntil: 0,
    god: null,
    alarms: new Set(),
  }
}

function emptyDisk(): Disk {
  return {
    artifacts: new Set(),
    parts: new Map(),
    seeds: new Set(),
    releases: new Map(),
    current: null,
    files: new Map(),
    start: null,
    stoppedStart: null,
    balancerStart: null,
    token: 0,
    isFull: false,
    lease: null,
  }
}

/** The power fails: nothing runs any more, what is on the disk stays. */
export function powerOff(machine: Machine): void {
  machine.up = false
  const ended = [...machine.processes.values()]
  for (const process of ended) process.alive = false
  for (const stop of machine.alarms) stop()
  machine.alarms.clear()
  machine.locks.clear()
  machine.processes.clear()
  machine.ports.clear()
  machine.relays.clear()
  machine.god = null
  for (const process of ended) for (const listener of process.endListeners) listener(null)
}

export function powerOn(machine: Machine): void {
  machine.up = true
  machine.boots += 1
  machine.bootId = `${machine.key}-boot-${machine.boots}`
}

/** For scripts: time on this host, which does not pass when it is off. */
export function pause(machine: Machine, ms: number): Promise<void> {
  return new Promise((resolve) => setAlarm(machine, machine.alarms, ms, resolve))
}

/** Sets the clock to something that can be taken back. */
export function setAlarm(machine: Machine, alarms: Set<() => void>, ms: number, action: () => void): void {
  const stop = machine.clock.after(ms, () => {
    alarms.delete(stop)
    action()
  })
  alarms.add(stop)
}

export function hostSeconds(machine: Machine): number {
  return Math.floor(machine.clock.now() / 1000)
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
