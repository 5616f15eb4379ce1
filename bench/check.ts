import type { LookedAround } from './around.js'
import { aroundCommand } from './contenders.js'
import type { BenchHosts } from './hosts.js'
import { median, medianUsage, type RunOptions, run, toolCommand, type Usage } from './measure.js'

export interface Check {
  readonly hosts: number
  readonly rounds: number
  /** The whole command. */
  readonly of: Usage
  /** Medians, milliseconds. */
  readonly factsMs: number
  readonly waysMs: number
  /** Median of what ways took as a multiple of what facts took, round by round. */
  readonly waysTimesFacts: number
  /** Connections tried between hosts, and scripts run on each host. */
  readonly ways: number
  readonly scripts: number
}

/** `check` of hosts that have what is wanted, and apart from it what its looks take: at each host, and between them. */
export async function measureCheck(cluster: BenchHosts, rounds: number, options: RunOptions): Promise<Check> {
  const whole: Usage[] = []
  for (let round = 0; round < rounds; round += 1)
    whole.push(await run(toolCommand('check', cluster.clusterFile, '--json'), options))
  const { stdout } = await run(aroundCommand(cluster, rounds), options)
  const { factsMs, waysMs, ways, scripts }: LookedAround = JSON.parse(stdout)
  return {
    hosts: cluster.hosts.length,
    rounds,
    of: medianUsage(whole),
    factsMs: median(factsMs),
    waysMs: median(waysMs),
    waysTimesFacts: median(waysMs.map((ms, round) => ms / (factsMs[round] ?? Number.NaN))),
    ways,
    scripts,
  }
}
