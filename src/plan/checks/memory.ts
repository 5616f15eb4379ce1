import { runsSparkMaster, runsSparkWorker } from '../../trueno/components.js'
import { toStart } from '../context.js'
import type { Checked, Find } from './checked.js'
import { runsJava, runsRealElasticsearch, runsRealSpark } from './engines.js'

/** Elasticsearch takes its whole heap at once. */
export const heapFits: Find = (checked) => {
  const heap = elasticsearchHeap(checked)
  const memory = memoryOf(checked)
  if (!runsRealElasticsearch(checked) || memory === null || heap <= memory) return []
  return [
    {
      title: 'the heap of Elasticsearch does not fit into memory',
      cause: `Elasticsearch takes ${gibibytes(heap)} when it starts, and the host has ${gibibytes(memory)}`,
      remedy: 'lower `java.heap.elasticsearch` in the inventory: half of the memory is usual',
    },
  ]
}

export const memoryFits: Find = (checked) => {
  const { facts, host, context } = checked
  const memory = memoryOf(checked)
  if (!runsJava(checked) || memory === null || heapFits(checked).length > 0) return []
  const parts = takers(checked)
  const sum = parts.reduce((total, { mebibytes }) => total + mebibytes, 0)
  const list = parts.map(({ name, mebibytes }) => `${name} ${gibibytes(mebibytes)}`).join(', ')
  const free = facts.machine.memoryAvailableKiB / 1024
  const atOnce = runsRealElasticsearch(checked) ? elasticsearchHeap(checked) : 0
  const isCrowded = toStart(host, facts, context) && free < atOnce && facts.processes.length === 0
  if (sum <= memory && !isCrowded) return []
  const why =
    sum > memory
      ? `with full heaps they take ${gibibytes(sum)} (${list}), and the host has ${gibibytes(memory)}`
      : `Elasticsearch takes ${gibibytes(atOnce)} when it starts, and other programs leave ${gibibytes(free)}`
  return [
    {
      title: 'the memory may not be enough for the engines of this host',
      cause: why,
      remedy: 'lower `java.heap` or `spark.daemonHeap` in the inventory, free memory, or give the host fewer roles',
    },
  ]
}

export const workerFits: Find = (checked) => {
  const { host, facts, context } = checked
  const memory = memoryOf(checked)
  if (!runsJava(checked) || !runsSparkWorker(host, context.cluster)) return []
  const offered = host.spark.workerMemory === undefined ? 0 : sizeOf(host.spark.workerMemory)
  const cores = host.spark.workerCores ?? 0
  const wrong = [
    ...(memory !== null && offered > memory
      ? [`${gibibytes(offered)} of memory, and it has ${gibibytes(memory)}`]
      : []),
    ...(cores > facts.machine.cpus ? [`${cores} cores, and it has ${facts.machine.cpus}`] : []),
  ]
  if (wrong.length === 0) return []
  return [
    {
      title: 'the Spark worker offers more than the host has',
      cause: `the worker of this host offers jobs ${wrong.join('; ')}`,
      remedy: 'lower `spark.workerMemory` and `spark.workerCores` in the inventory',
    },
  ]
}

interface Taker {
  readonly name: string
  readonly mebibytes: number
}

/** What a JVM takes beside its heap, and what Node, pm2 and its helpers take (real-engines, 3). */
const besideHeap = 200
const truenoItself = 400

function takers(checked: Checked): readonly Taker[] {
  const { host, context } = checked
  const { java, spark } = host
  const jvm = (name: string, heap: number): Taker => ({ name, mebibytes: heap + besideHeap })
  const daemons = [
    ...(runsSparkMaster(host, context.cluster) ? ['Spark Master'] : []),
    ...(runsSparkWorker(host, context.cluster) ? ['Spark Worker'] : []),
  ]
  return [
    ...(runsRealElasticsearch(checked) ? [jvm('Elasticsearch', elasticsearchHeap(checked))] : []),
    jvm('Gremlin Server', lastHeap(java.options.gremlin) ?? sizeOf(java.heap.gremlin ?? '512m')),
    ...(runsRealSpark(checked) ? daemons.map((name) => jvm(name, sizeOf(spark.daemonHeap))) : []),
    { name: 'Trueno', mebibytes: truenoItself },
  ]
}

function elasticsearchHeap({ host: { java } }: Checked): number {
  return lastHeap(java.options.elasticsearch) ?? sizeOf(java.heap.elasticsearch ?? '2g')
}

/** Options that come later win over the heap of the inventory. */
function lastHeap(options: readonly string[]): number | null {
  const last = options
    .join(' ')
    .split(/\s+/)
    .filter((option) => option.startsWith('-Xmx'))
    .at(-1)
  return last === undefined ? null : sizeOf(last.slice('-Xmx'.length))
}

/** MiB of a size as Java writes it; 0 for one that it would refuse. */
function sizeOf(text: string): number {
  const [, digits = '0', unit = ''] = /^(\d+)([kmgt]?)$/i.exec(text) ?? []
  return Number(digits) * (units[unit.toLowerCase()] ?? 0)
}

const units: Readonly<Record<string, number>> = { '': 1 / 1024 ** 2, k: 1 / 1024, m: 1, g: 1024, t: 1024 ** 2 }

/** MiB; null where it is not known. */
function memoryOf({ facts: { machine } }: Checked): number | null {
  const { memoryKiB, memoryLimitKiB } = machine
  return memoryKiB === 0 ? null : Math.min(memoryKiB, memoryLimitKiB ?? memoryKiB) / 1024
}

function gibibytes(mebibytes: number): string {
  return `${(mebibytes / 1024).toFixed(1)} GiB`
}
