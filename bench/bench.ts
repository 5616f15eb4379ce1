import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measureAlreadyUp } from './already-up.js'
import { type FactsAndPlan, measureFactsAndPlan } from './facts-and-plan.js'
import { type BenchHosts, makeHosts } from './hosts.js'
import { type LogLines, measureLogLines } from './log-lines.js'
import { aboutMachine } from './machine.js'
import type { RunOptions } from './measure.js'
import { measureStartUp } from './start-up.js'
import { type Results, render } from './table.js'
import { makeUnchanged } from './unchanged.js'

// Measures the tool against others that do the same work, in one run on one machine: see README.md.
//
// usage: bench.js [--quick]   fewer rounds and hosts; nothing is kept

interface Extent {
  /** Rounds of each size of cluster. */
  readonly sizes: Readonly<Record<number, number>>
  readonly startUpRounds: number
  readonly alreadyUpRounds: number
  /** Hosts of the one large cluster; null: none. */
  readonly large: number | null
}

const whole: Extent = { sizes: { 4: 9, 32: 5, 128: 3 }, startUpRounds: 15, alreadyUpRounds: 7, large: 512 }
const some: Extent = { sizes: { 4: 3, 32: 2 }, startUpRounds: 5, alreadyUpRounds: 3, large: null }

const interrupted = new AbortController()
const { signal } = interrupted
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupted.abort(new Error('interrupted')))
process.exitCode = await main(process.argv.includes('--quick'))

async function main(quick: boolean): Promise<number> {
  try {
    const results = await measure(quick ? some : whole)
    if (!quick) keep(results)
    process.stdout.write(`\n${render(results)}\n`)
    return 0
  } catch (error) {
    process.stderr.write(`\n${signal.aborted ? 'interrupted' : (error as Error).stack}\n`)
    return signal.aborted ? 130 : 1
  }
}

async function measure({ sizes, startUpRounds, alreadyUpRounds, large }: Extent): Promise<Results> {
  const machine = aboutMachine()
  const startUp = await step('start-up of the command line', () =>
    measureStartUp(startUpRounds, { env: environmentOf('/'), signal }),
  )
  const alreadyUp = await step('up of a cluster that is up', () =>
    onHosts(4, (cluster, options) => measureAlreadyUp(cluster, alreadyUpRounds, options)),
  )
  const bySize: SizeResults[] = []
  for (const [hosts, rounds] of Object.entries(sizes))
    bySize.push(await onHosts(Number(hosts), (cluster, options) => measureSize(cluster, rounds, options)))
  return {
    version: 1,
    ...machine,
    startUp,
    alreadyUp,
    factsAndPlan: bySize.map(({ factsAndPlan }) => factsAndPlan),
    logLines: bySize.map(({ logLines }) => logLines),
    large: large === null ? null : await step(`plan of ${large} hosts`, () => onHosts(large, measureLarge)),
    loadAfter: aboutMachine().load,
  }
}

interface SizeResults {
  readonly factsAndPlan: FactsAndPlan
  readonly logLines: LogLines
}

async function measureSize(cluster: BenchHosts, rounds: number, options: RunOptions): Promise<SizeResults> {
  const hosts = `${cluster.hosts.length} hosts`
  await step(`making ${hosts}`, () => makeUnchanged(cluster, options))
  return {
    factsAndPlan: await step(`facts and plan of ${hosts}`, () => measureFactsAndPlan(cluster, rounds, options)),
    logLines: await step(`log lines of ${hosts}`, () => measureLogLines(cluster, signal)),
  }
}

async function measureLarge(cluster: BenchHosts, options: RunOptions): Promise<Results['large']> {
  return { hosts: cluster.hosts.length, ...(await makeUnchanged(cluster, options)) }
}

async function onHosts<T>(count: number, work: (cluster: BenchHosts, options: RunOptions) => Promise<T>): Promise<T> {
  await using cluster = await makeHosts(count)
  return await work(cluster, { env: environmentOf(cluster.directory), signal })
}

/** Nothing of the user's own is read, and nothing but this machine's loopback is spoken to. */
function environmentOf(home: string): Record<string, string> {
  return { HOME: home, XDG_CACHE_HOME: `${home}/cache`, TRUENO_DEPLOY_ONLY: '127.0.0.0/8', NO_COLOR: '1' }
}

async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted()
  const began = performance.now()
  process.stderr.write(`${title} …`)
  const result = await work()
  process.stderr.write(` ${((performance.now() - began) / 1000).toFixed(1)} s\n`)
  return result
}

function keep(results: Results): void {
  const file = fileURLToPath(new URL('../../bench/results/latest.json', import.meta.url))
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(results, rounded, 2)}\n`)
}

/** More digits than these numbers know are left out. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value
}
