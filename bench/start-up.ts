import { fileURLToPath } from 'node:url'
import { median, type RunOptions, run, toolFile } from './measure.js'

export interface StartUp {
  readonly rounds: number
  /** Milliseconds of `node -e 0`: what any program in Node takes. */
  readonly nodeMs: number
  /** Milliseconds more than that, medians round by round. */
  readonly versionMoreMs: number
  readonly helpMoreMs: number
}

/** How long it takes until the command line answers. */
export async function measureStartUp(rounds: number, options: RunOptions): Promise<StartUp> {
  const tool = fileURLToPath(toolFile)
  const took = { node: [] as number[], version: [] as number[], help: [] as number[] }
  const wall = async (...args: readonly string[]): Promise<number> =>
    (await run([process.execPath, ...args], options)).wallMs
  for (let round = 0; round < rounds; round += 1) {
    took.node.push(await wall('-e', '0'))
    took.version.push(await wall(tool, '--version'))
    took.help.push(await wall(tool, '--help'))
  }
  const more = (values: readonly number[]): number => median(values.map((ms, round) => ms - (took.node[round] ?? 0)))
  return { rounds, nodeMs: median(took.node), versionMoreMs: more(took.version), helpMoreMs: more(took.help) }
}
