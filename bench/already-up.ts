import type { BenchHosts } from './hosts.js'
import { medianUsage, type RunOptions, run, toolCommand, type Usage } from './measure.js'

export interface AlreadyUp extends Usage {
  readonly hosts: number
  readonly rounds: number
  /** `status` of the same cluster. */
  readonly status: Usage
}

/** `up` of a cluster of stand-in hosts that is up already: it looks at everything, and does nothing. */
export async function measureAlreadyUp(cluster: BenchHosts, rounds: number, options: RunOptions): Promise<AlreadyUp> {
  const type = (verb: string): ReturnType<typeof run> => run(toolCommand(verb, cluster.clusterFile), options)
  await type('up')
  try {
    const ups: Usage[] = []
    const statuses: Usage[] = []
    for (let round = 0; round < rounds; round += 1) {
      const up = await type('up')
      if (!up.stdout.includes('Nothing to do')) throw new Error(`there was something to do:\n${up.stdout}`)
      ups.push(up)
      statuses.push(await type('status'))
    }
    return { hosts: cluster.hosts.length, rounds, ...medianUsage(ups), status: medianUsage(statuses) }
  } finally {
    await type('down')
  }
}
