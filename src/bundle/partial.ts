import { createHash } from 'node:crypto'
import { mkdir, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive, keepNewest } from '../release/cache.js'
import type { Store } from './store.js'

/** What has arrived of a file. */
export interface Partial {
  readonly path: string
  /** File with the server's name for the version of which we have the beginning. */
  readonly versionPath: string
}

/** How many are kept, with their versions. */
const kept = 32

/** The beginning that an earlier run left of this source, unless a living one goes on with it. */
export async function claimPartial(source: string, { directory }: Store): Promise<Partial> {
  const folder = join(directory, 'partial')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await keepNewest(folder, kept)
  const name = createHash('sha256').update(source).digest('hex').slice(0, 32)
  const own = partialOf(folder, `${name}-${process.pid}`)
  const left = (await readdir(folder)).find((found) => found.startsWith(`${name}-`) && isLeft(found))
  if (left !== undefined) await takeOver(partialOf(folder, left), own)
  return own
}

function partialOf(folder: string, name: string): Partial {
  const path = join(folder, name)
  return { path, versionPath: `${path}.version` }
}

function isLeft(name: string): boolean {
  const pid = Number(/-(\d+)$/.exec(name)?.[1])
  return pid > 0 && !isAlive(pid)
}

/** Without its version nobody goes on with it: so another run that is faster does no harm. */
async function takeOver(left: Partial, own: Partial): Promise<void> {
  const isMine = await rename(left.path, own.path).then(
    () => true,
    () => false,
  )
  if (isMine) await rename(left.versionPath, own.versionPath).catch(() => {})
}
