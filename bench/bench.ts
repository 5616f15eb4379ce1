import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { measureAlreadyUp } from './already-up.js'
import { type Check, measureCheck } from './check.js'
import { type FactsAndPlan, measureFactsAndPlan } from './facts-and-plan.js'
import { type BenchHosts, makeHosts } from './hosts.js'
import { type LogLines, measureLogLines } from './log-lines.js'
import { aboutMachine } from './machine.js'
import type { RunOptions } from './measure.js'
import { measureMemory, measureMuchMemory } from './memory.js'
import { measureSmallFiles } from './small-files.js'
import { measureVisits, measureWays, type Visits, type Ways } from './ssh.js'
import { measureStartUp } from './start-up.js'
import { type Results, render } from './table.js'
import { measureTransfer } from './transfer.js'
import { makeUnchanged } from './unchanged.js'
import { measureUplink } from './uplinked.js'

// Measures the tool against others that do the same work, in one run on one machine: see README.md.
//
// usage: bench.js [--quick] [--only PART[,PART]]   --quick: fewer rounds and hosts, and nothing is kept
//   PART  start-up, up, plan, check, ssh, transfer, large; and memory, which is measured only when it is named

interface Extent {
  /** Rounds of each size of cluster. */
  readonly sizes: Readonly<Record<number, number>>
  readonly startUpRounds: number
  readonly alreadyUpRounds: number
  /** Rounds of `check` of each size of cluster. */
  readonly checks: Readonly<Record<number, number>>
  readonly visits: { readonly hosts: number; readonly rounds: number }
  readonly ways: { readonly hosts: number; readonly rounds: number }
  readonly transferRounds: number
  /** Of what is sent to 32 hosts to see what memory that takes, MiB. */
  readonly memoryMegabytes: number
  /** Hosts of the one large cluster; null: none. */
  readonly large: number | null
}

const whole: Extent = {
  sizes: { 4: 9, 32: 5, 128: 3 },
  startUpRounds: 15,
  alreadyUpRounds: 7,
  checks: { 4: 9, 128: 3 },
  visits: { hosts: 128, rounds: 3 },
  ways: { hosts: 32, rounds: 3 },
  transferRounds: 3,
  memoryMegabytes: 256,
  large: 512,
}
const some: Extent = {
  sizes: { 4: 3, 32: 2 },
  startUpRounds: 5,
  alreadyUpRounds: 3,
  checks: { 4: 3, 32: 2 },
  visits: { hosts: 32, rounds: 2 },
  ways: { hosts: 16, rounds: 2 },
  transferRounds: 1,
  memoryMegabytes: 64,
  large: null,
}

const parts = ['start-up', 'up', 'plan', 'check', 'ssh', 'transfer', 'large'] as const
/** Takes long, and room on the disk. */
const others = ['memory'] as const
type Part = (typeof parts)[number] | (typeof others)[number]

const interrupted = new AbortController()
const { signal } = interrupted
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupted.abort(new Error('interrupted')))
process.exitCode = await main(process.argv.slice(2))

async function main(argv: readonly string[]): Promise<number> {
  try {
    const { quick, only } = read(argv)
    const results = await measure(quick ? some : whole, only)
    if (!quick) keep(results, only)
    process.stdout.write(`\n${render(results)}\n`)
    return 0
  } catch (error) {
    process.stderr.write(`\n${signal.aborted ? 'interrupted' : (error as Error).stack}\n`)
    return signal.aborted ? 130 : 1
  }
}

function read(argv: readonly string[]): { quick: boolean; only: readonly Part[] } {
  const options = { quick: { type: 'boolean', default: false }, only: { type: 'string' } } as const
  const { quick, only } = parseArgs({ args: [...argv], options }).values
  const named = only?.split(',') ?? parts
  const known: readonly string[] = [...parts, ...others]
  const unknown = named.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new Error(`there is no part ${unknown}, but ${known.join(', ')}`)
  return { quick, only: named as readonly Part[] }
}

async function measure(extent: Extent, only: readonly Part[]): Promise<Results> {
  const { sizes, startUpRounds, alreadyUpRounds, large } = extent
  const machine = aboutMachine()
  const part = <T>(name: Part, work: () => Promise<T>): Promise<T | null> =>
    only.includes(name) ? work() : Promise.resolve(null)
  const startUp = await part('start-up', () =>
    step('start-up of the command line', () => measureStartUp(startUpRounds, { env: environmentOf('/'), signal })),
  )
  const alreadyUp = await part('up', () =>
    step('up of a cluster that is up', () =>
      onHosts(4, (cluster, options) => measureAlreadyUp(cluster, alreadyUpRounds, options)),
    ),
  )
  const bySize = (await part('plan', () => measureSizes(sizes))) ?? []
  const checks = (await part('check', () => measureChecks(extent.checks))) ?? []
  const ssh = await part('ssh', () => measureSsh(extent))
  return {
    version: 1,
    ...machine,
    startUp,
    alreadyUp,
    factsAndPlan: bySize.map(({ factsAndPlan }) => factsAndPlan),
    logLines: bySize.map(({ logLines }) => logLines),
    checks,
    visits: ssh?.visits ?? null,
    ways: ssh?.ways ?? null,
    transfer: await part('transfer', () => measureTransfers(extent)),
    muchMemory: await part('memory', () => step('1 GiB to 32 hosts', () => measureMuchMemory(environmentOf, signal))),
    large: await part('large', async () =>
      large === null ? null : step(`plan of ${large} hosts`, () => onHosts(large, measureLarge)),
    ),
    loadAfter: aboutMachine().load,
  }
}

interface SizeResults {
  readonly factsAndPlan: FactsAndPlan
  readonly logLines: LogLines
}

async function measureSizes(sizes: Extent['sizes']): Promise<readonly SizeResults[]> {
  const bySize: SizeResults[] = []
  for (const [hosts, rounds] of Object.entries(sizes))
    bySize.push(await onHosts(Number(hosts), (cluster, options) => measureSize(cluster, rounds, options)))
  return bySize
}

async function measureSize(cluster: BenchHosts, rounds: number, options: RunOptions): Promise<SizeResults> {
  const hosts = `${cluster.hosts.length} hosts`
  await step(`making ${hosts}`, () => makeUnchanged(cluster, options))
  return {
    factsAndPlan: await step(`facts and plan of ${hosts}`, () => measureFactsAndPlan(cluster, rounds, options)),
    logLines: await step(`log lines of ${hosts}`, () => measureLogLines(cluster, signal)),
  }
}

async function measureChecks(sizes: Extent['checks']): Promise<readonly Check[]> {
  const bySize: Check[] = []
  for (const [hosts, rounds] of Object.entries(sizes))
    bySize.push(
      await onHosts(Number(hosts), async (cluster, options) => {
        await step(`making ${hosts} hosts`, () => makeUnchanged(cluster, options))
        return step(`check of ${hosts} hosts`, () => measureCheck(cluster, rounds, options))
      }),
    )
  return bySize
}

async function measureSsh({ visits, ways }: Extent): Promise<{ visits: Visits; ways: Ways }> {
  return {
    visits: await onHosts(visits.hosts, async (cluster, options) => {
      await step(`making ${visits.hosts} hosts`, () => makeUnchanged(cluster, options))
      return step(`visits of ${visits.hosts} hosts`, () => measureVisits(cluster, visits.rounds, options))
    }),
    ways: await step(`ways to ${ways.hosts} hosts`, () =>
      onHosts(ways.hosts, (cluster, options) => measureWays(cluster, ways.rounds, options)),
    ),
  }
}

async function measureTransfers({ transferRounds: rounds, memoryMegabytes }: Extent): Promise<Results['transfer']> {
  return {
    copies: await step('64 MiB to 16 hosts', () => measureTransfer(rounds, environmentOf, signal)),
    uplink: await step('the same through an uplink', () => measureUplink(rounds, environmentOf, signal)),
    smallFiles: await step('many small files', () => measureSmallFiles(rounds, environmentOf, signal)),
    memory: {
      megabytes: memoryMegabytes,
      ...(await step(`${memoryMegabytes} MiB to 32 hosts`, () =>
        measureMemory(memoryMegabytes, environmentOf, signal),
      )),
    },
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

/** A run of some parts does not take the place of a whole one. */
function keep(results: Results, only: readonly Part[]): void {
  const name = only.length === parts.length ? 'latest' : only.join('-')
  const file = fileURLToPath(new URL(`../../bench/results/${name}.json`, import.meta.url))
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(results, rounded, 2)}\n`)
}

/** More digits than these numbers know are left out. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value
}
