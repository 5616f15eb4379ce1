import { bareLoop, checkOutputs, sshEach } from './contenders.js'
import type { BenchHosts } from './hosts.js'
import { medianUsage, type RunOptions, ratio, toolCommand, type Usage } from './measure.js'
import { inRounds } from './rounds.js'

/** Who does the same work: look up, connect, run the facts script, read what it prints. */
type Contender = 'plan' | 'bareSsh2' | 'sshEach' | 'sshEachSameKex'

export interface FactsAndPlan {
  readonly hosts: number
  readonly rounds: number
  /** Medians. */
  readonly of: Readonly<Record<Contender, Usage>>
  /** Medians of what the tool took as a multiple of the other, round by round. */
  readonly against: Readonly<Record<Exclude<Contender, 'plan'>, Multiple>>
}

/** Null where the other is not one process in Node. */
interface Multiple {
  /** The whole command, and the CPU of all processes of it. */
  readonly wall: number | null
  readonly cpu: number | null
  /** Without the start-up of the process, and its CPU alone. */
  readonly workWall: number | null
  readonly workCpu: number | null
  readonly memory: number | null
}

/** `plan` of a cluster whose hosts have what is wanted, against others that gather the same facts; in turn, so often. */
export async function measureFactsAndPlan(
  cluster: BenchHosts,
  rounds: number,
  options: RunOptions,
): Promise<FactsAndPlan> {
  const runs = await inRounds(contenders(cluster), rounds, options, (name) => {
    if (name.startsWith('sshEach')) checkOutputs(cluster)
  })
  return { hosts: cluster.hosts.length, rounds, of: mapped(runs, medianUsage), against: multiples(runs) }
}

function contenders(cluster: BenchHosts): Record<Contender, readonly string[]> {
  return {
    plan: toolCommand('plan', cluster.clusterFile, '--json'),
    bareSsh2: bareLoop(cluster),
    sshEach: sshEach(cluster),
    sshEachSameKex: sshEach(cluster, '-o KexAlgorithms=curve25519-sha256'),
  }
}

function multiples({ plan, ...others }: Record<Contender, Usage[]>): FactsAndPlan['against'] {
  return mapped(others, (other) => ({
    wall: ratio(plan, other, ({ wallMs }) => wallMs),
    cpu: ratio(plan, other, ({ cpuMs }) => cpuMs),
    workWall: ratio(plan, other, ({ process }) => process?.work?.wallMs),
    workCpu: ratio(plan, other, ({ process }) => process?.work?.cpuMs),
    memory: ratio(plan, other, ({ process }) => process?.memoryMb),
  }))
}

function mapped<K extends string, V, W>(values: Record<K, V>, change: (value: V) => W): Record<K, W> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value as V)])) as Record<K, W>
}
