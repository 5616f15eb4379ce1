import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { distrustOf } from '../ssh/web-request.js'
import type { World } from '../world.js'
import { type Clients, FetchError, type Reply } from './clients.js'
import { isDiskError } from './disk.js'
import { claimPartial, type Partial } from './partial.js'
import { publicUrl } from './spec.js'
import type { Store } from './store.js'

export interface DownloadOptions {
  readonly clients: Pick<Clients, 'get'>
  readonly world: World
  readonly store: Store
  readonly signal: AbortSignal
  /** Total is null while nobody has told it. */
  readonly onBytes: (bytes: number, total: number | null) => void
}

/** In a row, without that anything arrived. */
const tries = 5

/**
 * Fetches a URL into `folder`. What has arrived is kept when it breaks off, also when the run ends there: the next try
 * asks for the rest only. @throws FetchError
 */
export async function download(url: string, folder: string, options: DownloadOptions): Promise<string> {
  const partial = await claimPartial(publicUrl(url), options.store)
  for (let failures = 0; ; ) {
    const before = await sizeOf(partial.path)
    try {
      await more(url, partial, options)
      const file = join(folder, 'download')
      await rename(partial.path, file)
      await rm(partial.versionPath, { force: true })
      return file
    } catch (error) {
      options.signal.throwIfAborted()
      failures = (await sizeOf(partial.path)) > before ? 1 : failures + 1
      if (isDiskError(error) || !isPassing(error) || failures === tries) throw asFetchError(error)
      await options.world.sleep(500 * 2 ** failures * (0.5 + options.world.random() / 2), options.signal)
    }
  }
}

async function more(url: string, partial: Partial, options: DownloadOptions): Promise<void> {
  const version = await readFile(partial.versionPath, 'utf8').catch(() => '')
  // Without a name for the version nobody can tell whether the rest would fit.
  const offset = version === '' ? 0 : await sizeOf(partial.path)
  const reply = await options.clients.get(url, { offset, version, signal: options.signal })
  if (!fits(reply, offset)) {
    reply.close()
    return refuse(url, partial, { status: reply.status, offset })
  }
  // What is there of another version must never be taken for this one's.
  if (reply.begin === 0) await rm(partial.path, { force: true })
  await writeFile(partial.versionPath, reply.version, { mode: 0o600 })
  await append(reply, partial.path, options)
}

function fits({ status, begin }: Reply, offset: number): boolean {
  return status === 200 || (status === 206 && begin === offset)
}

async function refuse(url: string, partial: Partial, { status, offset }: { status: number; offset: number }) {
  if (offset === 0 || (status !== 206 && status !== rangeRefused))
    throw new FetchError(`${publicUrl(url)} answers ${status}`)
  await rm(partial.path, { force: true })
  throw new BrokenOff('the part that was here fits no more')
}

const rangeRefused = 416

/** Each piece is on the disk before the next is asked for: what has arrived when it breaks off is there for the next try. */
async function append(
  { begin, total, body }: Reply,
  path: string,
  { onBytes, signal }: DownloadOptions,
): Promise<void> {
  let arrived = begin
  await using file = await open(path, begin === 0 ? 'w' : 'a', 0o600)
  for await (const bytes of body) {
    signal.throwIfAborted()
    await file.writeFile(bytes)
    arrived += bytes.length
    onBytes(arrived, total)
  }
  if (total !== null && arrived !== total) throw new BrokenOff(`it broke off after ${arrived} of ${total} bytes`)
}

class BrokenOff extends Error {
  override readonly name = 'BrokenOff'
}

/** An answer that says no, and a server that is not who it should be, are no reasons to ask again; anything else may have been chance. */
function isPassing(error: unknown): boolean {
  if (error instanceof FetchError) return false
  return distrustOf(error) === null
}

function asFetchError(error: unknown): unknown {
  if (error instanceof FetchError || isDiskError(error)) return error
  return new FetchError(distrustOf(error) ?? (error instanceof Error ? error.message : String(error)))
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}
