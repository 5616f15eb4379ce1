import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchHosts } from './hosts.js'
import { medianUsage, nodeCommand, type RunOptions, ratio, run, toolCommand, type Usage } from './measure.js'

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
  const commands = contenders(cluster)
  const names = Object.keys(commands) as Contender[]
  const runs = Object.fromEntries(names.map((name) => [name, [] as Usage[]])) as Record<Contender, Usage[]>
  for (let round = 0; round < rounds; round += 1) {
    // Each begins a round in its turn.
    for (const name of [...names.slice(round % names.length), ...names.slice(0, round % names.length)]) {
      runs[name].push(await run(commands[name], options))
      if (name.startsWith('sshEach')) checkOutputs(cluster)
    }
  }
  return { hosts: cluster.hosts.length, rounds, of: mapped(runs, medianUsage), against: multiples(runs) }
}

function contenders(cluster: BenchHosts): Record<Contender, readonly string[]> {
  const hostsFile = join(cluster.directory, 'hosts.json')
  writeFileSync(hostsFile, JSON.stringify(cluster.hosts))
  return {
    plan: toolCommand('plan', cluster.clusterFile, '--json'),
    bareSsh2: nodeCommand(new URL('./bare-loop.js', import.meta.url), hostsFile, cluster.key.file),
    sshEach: sshEach(cluster),
    sshEachSameKex: sshEach(cluster, '-o KexAlgorithms=curve25519-sha256'),
  }
}

/** An ssh for each host, 32 at once. ssh's own default key exchange is post-quantum; ssh2 has none of these. */
function sshEach({ directory, hosts, key, knownHostsFile }: BenchHosts, more = ''): readonly string[] {
  const list = join(directory, 'hosts.txt')
  writeFileSync(list, hosts.map((host) => `${host.user}@${host.key} ${host.port} ${host.factsInput}\n`).join(''))
  const settings = `-i ${key.file} -o UserKnownHostsFile=${knownHostsFile} -o BatchMode=yes ${more}`
  const one = `exec ssh ${settings} -p $2 $1 exec sh <$3 >$3.out 2>/dev/null`
  return ['sh', '-c', `xargs -P 32 -L 1 sh -c '${one}' sh <${list}`]
}

function checkOutputs({ hosts }: BenchHosts): void {
  for (const { key, factsInput } of hosts)
    if (!readFileSync(`${factsInput}.out`, 'utf8').endsWith('\nend\n')) throw new Error(`${key} said no facts to ssh`)
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
