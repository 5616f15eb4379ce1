import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeHosts } from './hosts.js'
import { medianUsage, ratio, type Usage } from './measure.js'
import { type Environment, wall } from './payload.js'
import { inRounds } from './rounds.js'

/** A release of many small files, received, against `tar x` of it. */
export interface SmallFiles {
  readonly files: number
  readonly rounds: number
  readonly of: Usage
  readonly againstTar: number | null
}

/** The modules of this project, so often that there are some 20,000 files. */
export async function measureSmallFiles(rounds: number, env: Environment, signal: AbortSignal): Promise<SmallFiles> {
  await using cluster = await makeHosts(1)
  const { directory } = cluster
  const tree = join(directory, 'tree')
  const modules = fileURLToPath(new URL('../../node_modules', import.meta.url))
  let files = 0
  for (let copy = 0; files < 20_000; copy += 1) {
    cpSync(modules, join(tree, `copy${copy}`), { recursive: true, verbatimSymlinks: true, filter: isSmall })
    files = readdirSync(tree, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length
  }
  const tar = join(directory, 'tree.tar')
  spawnSync('tar', ['-cf', tar, '-C', tree, '.'])
  const bytes = readFileSync(tar)
  const size = bytes.length
  const hash = createHash('sha256').update(bytes).digest('hex')
  const receive = fileURLToPath(new URL('../../remote/receive.sh', import.meta.url))
  const home = join(directory, 'h0', 'trueno')
  const args = `1 ${home} ${hash} tar ${hash} ${size} ${size} here drop`
  const plain = join(directory, 'plain')
  const commands = {
    receive: ['sh', '-c', `sh ${receive} ${args} <${tar}`],
    tar: ['sh', '-c', `mkdir ${plain} && tar -xf ${tar} -C ${plain}`],
  }
  const runs = await inRounds(commands, rounds, { env: env(directory), signal }, () => {
    for (const made of [home, plain]) rmSync(made, { recursive: true, force: true })
    spawnSync('sync')
  })
  return { files, rounds, of: medianUsage(runs.receive), againstTar: ratio(runs.receive, runs.tar, wall) }
}

/** A few large files would be most of it. */
function isSmall(path: string): boolean {
  const stats = lstatSync(path)
  return !stats.isFile() || stats.size < 64 * 1024
}
