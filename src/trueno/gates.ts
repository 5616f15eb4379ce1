import type { HostKey } from '../cluster/cluster.js'
import type { ComponentName } from './components.js'
import { layoutOf } from './layout.js'
import { bareLine, exitedProcess, type ReadySignal, readyComponent, readySignal, startedProcess } from './lines.js'

/** Something to wait for. What its lines look like is in the tables below. */
export interface Gate {
  readonly id: 'coordinatorAwaits' | 'apiReady' | 'balancerAnswers'
  readonly key: HostKey
  /** Absolute paths on the host. */
  readonly home: string
  readonly data: string
  /** Where it can be asked whether it serves, when no line tells. */
  readonly port: number
  /** Components that its host runs, which Trueno waits for. */
  readonly expected: readonly ComponentName[]
  /** Hosts whose ready signal it waits for; empty on all but the coordinator. */
  readonly awaits: readonly HostKey[]
}

/** What one line of a followed log means to a gate. */
export type Sighting =
  | { readonly kind: 'nothing' }
  /** What it waited for has happened; the line proves it. */
  | { readonly kind: 'ready'; readonly line: string }
  /** It will never come; `code` names the cause in `trueno/causes.ts`. */
  | { readonly kind: 'doomed'; readonly line: string }
  /** Trueno gave up announcing it: ask the ports instead (contract, 6.5). */
  | { readonly kind: 'ask'; readonly line: string }
  /** A process ended; pm2 starts it again. */
  | { readonly kind: 'exit'; readonly process: string; readonly line: string }
  /** A peer's ready signal reached the coordinator. */
  | { readonly kind: 'signal'; readonly signal: ReadySignal; readonly line: string }
  /** pm2 has started a process; the number is in the names of its logs. */
  | { readonly kind: 'started'; readonly process: string; readonly id: number }
  /** Core begins to wait for a component, or has seen that it is ready. */
  | { readonly kind: 'component'; readonly title: string; readonly isReady: boolean }
  /** All of this host is ready: it waits for the others only. */
  | { readonly kind: 'arrived'; readonly line: string }
  /** This host is past the barrier: nothing that happens to the others can hold it any more. */
  | { readonly kind: 'passed'; readonly line: string }

/** The files a gate follows, all of the present start: older ones were moved aside before it. */
export function gateFiles(gate: Gate): readonly string[] {
  const { coreOut, coreErr, pm2Log, balancerLog } = layoutOf(gate.home)
  return gate.id === 'balancerAnswers' ? [balancerLog] : [coreOut, coreErr, pm2Log]
}

/** Reads one line, pure. */
export function sight(gate: Gate, line: string): Sighting {
  const bare = bareLine(line)
  const process = exitedProcess(bare)
  if (process !== undefined) return { kind: 'exit', process, line: bare }
  const started = startedProcess(bare)
  if (started !== undefined) return { kind: 'started', ...started }
  const component = sightComponent(bare)
  if (component !== undefined) return component
  const signal = readySignal(bare)
  if (signal !== undefined) return { kind: 'signal', signal, line: bare }
  if (readyLines[gate.id](bare, gate.key)) return { kind: 'ready', line: bare }
  if (doomPatterns.some((pattern) => pattern.test(bare))) return { kind: 'doomed', line: bare }
  if (apiFailed.test(bare)) return { kind: 'ask', line: bare }
  if (passedBarrier.test(bare)) return { kind: 'passed', line: bare }
  if (bare === awaiting || bare === signalling) return { kind: 'arrived', line: bare }
  return { kind: 'nothing' }
}

function sightComponent(bare: string): Sighting | undefined {
  const ready = readyComponent(bare)
  if (ready !== undefined) return { kind: 'component', title: ready, isReady: true }
  const begun = /^(?:.* -> next -> (.+)|(.+) starting\.\.\.)$/.exec(bare)
  const title = begun?.[1] ?? begun?.[2]
  return title === undefined ? undefined : { kind: 'component', title, isReady: false }
}

const awaiting = '>> CLUSTER: Awaiting for cluster hosts ready signal'
const signalling = '>> CLUSTER: Sending ready signal to master'

/** The lines that end each wait. The coordinator may be past its barrier already when we look (a later `up`). */
const readyLines = {
  coordinatorAwaits: (line) => line === awaiting || passedBarrier.test(line),
  apiReady: (line, key) => line === `External API awaiting for connections at: ${key}:8000`,
  balancerAnswers: () => false,
} satisfies Record<Gate['id'], (line: string, key: HostKey) => boolean>

/** What each wait is for, in words. */
export const awaited = {
  coordinatorAwaits: `its line "${awaiting}"`,
  apiReady: 'its line "External API awaiting for connections at"',
  balancerAnswers: 'an answer through it',
} satisfies Record<Gate['id'], string>

const apiFailed = /Error while initializing External API/
const passedBarrier = /^(?:>> CLUSTER: Master proceed signal received|Internal API awaiting for connections at: )/

/** Lines after which the awaited one never comes (contract, 3, 4, 6, 7). */
const doomPatterns: readonly RegExp[] = [
  /^Error! Cluster host file not valid/,
  /must match its entry in the cluster host file/,
  /not present, please run 'trueno setup'/,
  /uncaughtException: listen EADDRINUSE/,
  /uncaughtException: /,
  /had too many unstable restarts/,
  // pm2 could not open the log of a component: it never starts it, and tells nobody.
  /Trace: \{ Error: E[A-Z]+: .*, open '/,
  /PM2 successfully stopped/,
  /pm2 has been killed by signal/,
]
