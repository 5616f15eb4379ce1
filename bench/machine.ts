import { spawnSync } from 'node:child_process'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'

/** What the numbers depend on, and nothing that tells whose machine it is. */
export interface Machine {
  /** ISO 8601. */
  readonly date: string
  readonly cores: number
  readonly cpu: string
  readonly memoryGb: number
  readonly node: string
  readonly openssh: string
  /** Processes that wanted to run in the last minute, on average: others' work beside ours shows here. */
  readonly load: number
}

export function aboutMachine(): Machine {
  return {
    date: new Date().toISOString(),
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    node: process.versions.node,
    openssh: /OpenSSH_(\S+?),?\s/.exec(spawnSync('ssh', ['-V'], { encoding: 'utf8' }).stderr)?.[1] ?? 'unknown',
    load: loadavg()[0] ?? 0,
  }
}
