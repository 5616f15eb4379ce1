import type { HostKey } from '../cluster/cluster.js'
import type { World } from '../world.js'
import { ConnectionError } from './errors.js'
import { beginMarker } from './scripts.js'
import { firstLines, plainText } from './text.js'

/** Where what a login prints turns into what our script prints. */
export interface Beginning {
  take(chunk: Buffer): void
  /** The end of what came instead of the begin marker; undefined when it came. */
  noise(): Buffer | undefined
  /** Resolves when the script has begun. Rejects when the login prints without end. */
  readonly begun: Promise<void>
}

/** What is kept of a login's own words, in bytes, and what is borne with. */
const longestNoise = 64 * 1024
const mostNoise = 16 * 1024 * 1024

/** Hands on what follows the begin marker. */
export function createBeginning(host: HostKey, onChunk: (chunk: Buffer) => void): Beginning {
  let noise: Buffer | undefined = Buffer.alloc(0)
  let size = 0
  let begin = () => {}
  let fail = (_error: Error) => {}
  const begun = new Promise<void>((resolve, reject) => {
    begin = resolve
    fail = reject
  })
  begun.catch(() => {})
  return {
    begun,
    noise: () => noise,
    take: (chunk) => {
      if (noise === undefined) return onChunk(chunk)
      const all = Buffer.concat([noise, chunk])
      const own = afterMarker(all)
      size += chunk.length
      noise = own === undefined ? all.subarray(-longestNoise) : undefined
      if (size > mostNoise) fail(endless(host, all))
      if (own === undefined) return
      begin()
      onChunk(own)
    },
  }
}

/** Rejects when the login does not come to run what it is sent: its start-up files wait, or print without end. */
export async function orHindered<T>(
  work: Promise<T>,
  { begun, noise }: Beginning,
  { host, world, ms }: { readonly host: HostKey; readonly world: World; readonly ms: number },
): Promise<T> {
  const over = new AbortController()
  const late = world.sleep(ms, over.signal).then(
    () => Promise.reject(tooLate(host, ms, noise())),
    () => {},
  )
  const hindered = Promise.race([begun, late, work]).finally(() => over.abort('finished'))
  await hindered
  return work
}

const marker = Buffer.from(beginMarker)

/** What follows the begin marker; undefined when it is not there. */
export function afterMarker(output: Buffer): Buffer | undefined {
  const at = output.indexOf(marker)
  return at < 0 ? undefined : output.subarray(at + marker.length)
}

function endless(host: HostKey, noise: Buffer): ConnectionError {
  const cause = `What the login prints has no end: ${mostNoise / 1024 / 1024} MiB came before our script`
  return new ConnectionError('no-shell', host, { cause, evidence: beginningOf(noise), remedy: startUp })
}

function tooLate(host: HostKey, ms: number, noise: Buffer | undefined): ConnectionError {
  const cause = `The login did not come to run our script within ${ms / 1000} s: its start-up files wait for something, or the shell does not read what it is sent`
  return new ConnectionError('no-shell', host, {
    cause,
    evidence: beginningOf(noise ?? Buffer.alloc(0)),
    remedy: startUp,
  })
}

const startUp = 'See what `ssh HOST true` does from here, and mend what the shell there reads at its start (~/.bashrc).'

function beginningOf(noise: Buffer): string {
  return firstLines(plainText(noise.subarray(0, 4096).toString('utf8')).trim(), 4)
}
