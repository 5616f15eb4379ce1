import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** What one run of a command took. */
export interface Usage {
  readonly wallMs: number
  /** CPU of the command and of all that it ran, milliseconds. */
  readonly cpuMs: number
  /** Of commands in Node. */
  readonly process: ProcessUsage | null
}

/** What its one process took. */
interface ProcessUsage {
  readonly cpuMs: number
  /** The most memory it had, MB. */
  readonly memoryMb: number
  /** Without start-up: from the first look-up of a host to the end. */
  readonly work: { readonly wallMs: number; readonly cpuMs: number } | null
}

export interface RunOptions {
  /** Environment beside PATH; nothing else is handed on. */
  readonly env: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/** Runs a command to its end. Rejects when it fails: a run that failed measures nothing. */
export async function run(
  command: readonly string[],
  { env, signal }: RunOptions,
): Promise<Usage & { stdout: string }> {
  const began = performance.now()
  // `times` tells what the shell's children used, theirs included.
  const child = spawn('sh', ['-c', '"$@"; code=$?; times >&3; exit $code', 'sh', ...command], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ...env },
    signal,
  })
  const exited = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve))
  const [code, stdout, stderr, told] = await Promise.all([
    exited,
    ...[child.stdout, child.stderr, child.stdio[3]].map((stream) => text(stream as NodeJS.ReadableStream)),
  ])
  const wallMs = performance.now() - began
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${stderr}\n${stdout?.slice(-2000)}`)
  return { wallMs, ...usageOf(told ?? ''), stdout: stdout ?? '' }
}

/** A script of Node's, with a report of what it used. */
export function nodeCommand(script: URL, ...args: readonly string[]): readonly string[] {
  const reporting = new URL('./usage.js', import.meta.url).href
  return [process.execPath, '--import', reporting, fileURLToPath(script), ...args]
}

/** The tool as it is installed. */
export function toolCommand(...args: readonly string[]): readonly string[] {
  return nodeCommand(toolFile, ...args)
}

export const toolFile = new URL('../../dist/bin.js', import.meta.url)

function usageOf(told: string): Omit<Usage, 'wallMs'> {
  const own = /^\{.*\}$/m.exec(told)?.[0]
  const times = told.split('\n').filter((line) => /^\d+m/.test(line))
  return { process: own === undefined ? null : JSON.parse(own), cpuMs: cpuOf(times[1] ?? '') }
}

/** `0m1.2s 0m0.3s` in milliseconds. */
function cpuOf(line: string): number {
  const parts = [...line.matchAll(/(\d+)m([\d.]+)s/g)]
  return parts.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000, 0)
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** The value that this share of them does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const [low = 0, high = 0] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  return low + (high - low) * (at - Math.floor(at))
}

/** One thing of each run; where a run has none, none. */
export type Pick = (usage: Usage) => number | null | undefined

/** The median of what is, round by round, so many times the other; null where there is nothing to compare. */
export function ratio(runs: readonly Usage[], others: readonly Usage[], pick: Pick): number | null {
  const ours = values(runs, pick)
  const theirs = values(others, pick)
  if (ours.length === 0 || ours.length !== theirs.length) return null
  return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)))
}

/** Medians, each for itself. */
export function medianUsage(runs: readonly Usage[]): Usage {
  const of = (pick: Pick): number => median(values(runs, pick))
  const process = runs.every((usage) => usage.process === null) ? null : medianProcess(runs)
  return { wallMs: of((usage) => usage.wallMs), cpuMs: of((usage) => usage.cpuMs), process }
}

function medianProcess(runs: readonly Usage[]): ProcessUsage {
  const of = (pick: Pick): number => median(values(runs, pick))
  return {
    cpuMs: of(({ process }) => process?.cpuMs),
    memoryMb: of(({ process }) => process?.memoryMb),
    work: { wallMs: of(({ process }) => process?.work?.wallMs), cpuMs: of(({ process }) => process?.work?.cpuMs) },
  }
}

function values(runs: readonly Usage[], pick: Pick): readonly number[] {
  return runs.map(pick).filter((value) => value !== null && value !== undefined)
}
