import { createHash } from 'node:crypto'
import type { Sha256 } from '../cluster/cluster.js'
import type { Facts, MarkedProcess } from '../cluster/facts.js'
import { type Component, componentOfProcess, exitLimitOf } from '../trueno/components.js'

/** How a host stands against what is wanted of it. */
export type HostState =
  /** Nothing of ours runs. */
  | { readonly kind: 'stopped' }
  /** It runs what is wanted and has not passed the barrier yet. */
  | { readonly kind: 'starting' }
  /** It runs what is wanted and serves. */
  | { readonly kind: 'serving' }
  /** It runs, but must be stopped and started again; `why` is the reason for people. */
  | { readonly kind: 'outdated'; readonly why: string }

/** What a host should run. Null: whatever it was started with is right. */
export interface Wanted {
  readonly release: Sha256
  readonly clusterFile: Sha256
  readonly environment: Sha256
}

/** @param expected the components that its roles start */
export function hostState(facts: Facts, wanted: Wanted | null, expected: readonly Component[]): HostState {
  const processes = truenoProcesses(facts)
  if (processes.length === 0) return { kind: 'stopped' }
  const why =
    broken(facts, processes) ??
    (wanted === null ? undefined : difference(facts, wanted)) ??
    givenUp(facts, processes, expected) ??
    restarted(facts, processes)
  if (why !== undefined) return { kind: 'outdated', why }
  return { kind: servesDrivers(facts) ? 'serving' : 'starting' }
}

export function truenoProcesses(facts: Facts): readonly MarkedProcess[] {
  return facts.processes.filter((process) => process.part === 'trueno')
}

export function balancerProcesses(facts: Facts): readonly MarkedProcess[] {
  return facts.processes.filter((process) => process.part === 'balancer')
}

/** Whether it was started, and no run of ours has stopped it since. */
export function isMeantToRun({ start, stoppedStart }: Facts): boolean {
  return start !== null && start.id !== stoppedStart
}

/** Port 8000 open means that the barrier is passed (contract, 6.5). */
export function servesDrivers(facts: Facts): boolean {
  return listens(facts, 8000)
}

/** Port 8001 opens when all components of the host are ready (contract, 6.5). */
export function isAtBarrier(facts: Facts): boolean {
  return listens(facts, 8001)
}

/** How long Trueno itself has been running; 0 when it is not. */
export function coreUpSeconds(facts: Facts): number {
  return truenoProcesses(facts).find(isCore)?.upSeconds ?? 0
}

function listens(facts: Facts, port: number): boolean {
  return facts.listeners.some((listener) => listener.port === port && listener.ours)
}

export function sha256(text: string): Sha256 {
  return createHash('sha256').update(text).digest('hex')
}

/** First seven digits, as people are shown them. */
export function short(id: Sha256 | null | undefined): string {
  return id ? id.slice(0, 7) : 'none'
}

/** Why what runs there cannot be relied on, whatever it was started with. */
function broken(facts: Facts, processes: readonly MarkedProcess[]): string | undefined {
  const { start } = facts
  if (start === null) return 'processes run without a start record'
  if (start.bootId !== facts.machine.bootId) return 'the start record is of an earlier boot'
  if (processes.some((process) => process.startId !== start.id)) return 'processes of an earlier start are left'
  if (!processes.some(isDaemon)) return "pm2's daemon is gone"
  if (!processes.some(isCore)) return 'Trueno itself does not run'
  return undefined
}

/** Core starts its components at once, in its first seconds; the bridge when Elasticsearch is ready. */
const settledSeconds = 5

/** A component that is not there is one that pm2 has given up: nobody starts it again, and core waits for ever (contract, 7.3). */
function givenUp(
  facts: Facts,
  processes: readonly MarkedProcess[],
  expected: readonly Component[],
): string | undefined {
  if (coreUpSeconds(facts) < settledSeconds) return undefined
  const runs = ({ process }: Component): boolean => processes.some(({ name }) => name === process)
  const isDue = ({ name }: Component): boolean => name !== 'bridge' || listens(facts, 8004)
  const engines = expected.filter(({ name }) => name !== 'core')
  const missing = engines.some(runs) ? engines.find((engine) => isDue(engine) && !runs(engine)) : undefined
  return missing && `${missing.title} does not run`
}

/**
 * What ended before the host served may have left it where it gets no further; and its logs tell of that failure, so
 * that waiting on them would fail at once, for ever.
 */
function restarted(facts: Facts, processes: readonly MarkedProcess[]): string | undefined {
  if (servesDrivers(facts)) return undefined
  const ends = [...processes.map(({ name, restarts }) => [name, restarts] as const), ...Object.entries(facts.exits)]
  const again = ends.find(([name, times]) => times >= (isBridge(name) ? exitLimitOf(name) : 1))
  return again && `${componentOfProcess(again[0])?.title ?? again[0]} ended before the host served`
}

/** The bridge is restarted by core itself in an ordinary start. */
function isBridge(name: string): boolean {
  return componentOfProcess(name)?.name === 'bridge'
}

function difference(facts: Facts, wanted: Wanted): string | undefined {
  const start = facts.start
  if (start === null) return undefined
  if (start.release !== wanted.release) return `release differs: ${short(start.release)} → ${short(wanted.release)}`
  if (start.clusterFile !== wanted.clusterFile) return 'cluster.json differs from the one it was started with'
  if (start.environment !== wanted.environment) return 'settings differ from those it was started with'
  return undefined
}

/** pm2 names its daemon by the process title. */
export function isDaemon(process: MarkedProcess): boolean {
  return process.name === '' && process.command.includes('God Daemon')
}

/** Core's helpers (`pm2 logs`, pm2's web page) inherit its name; only core itself runs this script. */
export function isCore(process: MarkedProcess): boolean {
  return process.name === 'Trueno-Core' && process.command.includes('trueno-post-start')
}
