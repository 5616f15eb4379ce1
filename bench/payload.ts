import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { forEachHost, settingsOf } from './contenders.js'
import type { BenchHosts } from './hosts.js'
import { nodeCommand, type RunOptions, type Usage } from './measure.js'

export const hostCount = 16
export const megabytes = 64

/** What a command has in its environment, by its home. */
export type Environment = (home: string) => RunOptions['env']

export const wall = ({ wallMs }: Usage): number => wallMs

/** What is brought to hosts. */
export interface Payload {
  readonly release: string
  /** The file alone. */
  readonly file: string
}

/** One part alone, as the others send one file: the stand-in without engines, and a file that cannot be compressed. */
export function makeRelease({ directory }: BenchHosts, size: number): Payload {
  linkPackage()
  const release = join(directory, 'release')
  cpSync(fileURLToPath(new URL('../../remote/standin', import.meta.url)), release, { recursive: true })
  rmSync(join(release, 'lib', 'core', 'binaries'), { recursive: true })
  const file = join(release, 'lib', 'payload')
  for (let megabyte = 0; megabyte < size; megabyte += 1) writeFileSync(file, randomBytes(1024 * 1024), { flag: 'a' })
  return { release, file }
}

/** What the program reads of its package, beside the one that is compiled for this bench. */
function linkPackage(): void {
  for (const name of ['inventory', 'remote', 'package.json']) {
    const link = fileURLToPath(new URL(`../${name}`, import.meta.url))
    if (!existsSync(link)) symlinkSync(join('..', name), link)
  }
}

export function stageCommand({ clusterFile }: BenchHosts, { release }: Payload, inventory?: string): readonly string[] {
  const file = inventory ?? join(dirname(clusterFile), 'inventory.yaml')
  const script = new URL('./stage.js', import.meta.url)
  return nodeCommand(script, '--cluster', clusterFile, '--inventory', file, '--release', release)
}

export const cipher = '-c aes128-gcm@openssh.com'

export function scp(cluster: BenchHosts, file: string): readonly string[] {
  return forEachHost(cluster, hostCount, `exec scp -q ${settingsOf(cluster)} ${cipher} -P $2 ${file} $1:$3.copy`)
}

/** What was brought is taken away again. */
export function clean({ hosts }: BenchHosts): void {
  for (const { home, factsInput } of hosts)
    for (const made of [home, `${factsInput}.copy`]) rmSync(made, { recursive: true, force: true })
}
