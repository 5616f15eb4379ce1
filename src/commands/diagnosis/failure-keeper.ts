import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cluster } from '../../cluster/cluster.js'
import type { Event } from '../../engine/events.js'
import { systemWorld } from '../../system-world.js'
import type { CommandContext, Failure } from '../context.js'
import type { Io } from '../io.js'
import { visitBriefly } from '../visit.js'
import { gatherEvidence } from './gather-evidence.js'
import { versionsOf } from './versions.js'
import { writeBundle } from './write-bundle.js'

/** So many of the last failed runs are kept on this machine. */
const kept = 10

/** Keeps what a failed run saw in a file on this machine, and throws old ones away. Never fails: what failed matters more. */
export function failureKeeper(options: KeeperOptions): NonNullable<CommandContext['keepFailure']> {
  const { env, homeDirectory } = options.io
  const state = env.XDG_STATE_HOME || join(homeDirectory, '.local/state')
  const directory = join(state, 'trueno-deploy', 'failures')
  return async (failure) => {
    try {
      const file = await keep(failure, directory, options)
      await forgetOld(directory)
      return file
    } catch {
      return undefined
    }
  }
}

interface KeeperOptions {
  readonly io: Io
  /** All that was told so far. */
  readonly events: readonly Event[]
  /** Whoever stops us does not want to wait for it. */
  readonly signal: AbortSignal
}

async function keep(
  { cluster, fleet, ...failure }: Failure,
  directory: string,
  { events, signal }: KeeperOptions,
): Promise<string> {
  const at = systemWorld.now()
  const { facts, unreachable } = await visitBriefly(cluster, fleet, { signal, world: systemWorld })
  const evidence = await gatherEvidence(facts, fleet, systemWorld)
  const name = nameOf(cluster, at)
  const file = join(directory, `${name}.tgz`)
  const seen = { versions: versionsOf(), cluster, facts, unreachable, evidence, events }
  await writeBundle(file, { name, ...seen, ...failure }, at / 1000)
  return file
}

/** Sorted by name they are sorted by time. */
function nameOf({ name }: Cluster, at: number): string {
  return `${new Date(at).toISOString().replace(/[:.]/g, '-')}-${name.replace(/[^\w.-]/g, '_')}`
}

async function forgetOld(directory: string): Promise<void> {
  const all = (await readdir(directory)).filter((name) => name.endsWith('.tgz')).sort()
  for (const name of all.slice(0, -kept)) await rm(join(directory, name), { force: true })
}
