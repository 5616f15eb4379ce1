import type { Duplex } from 'node:stream'
import type { World } from '../world.js'

/** When a far end counts as dead: after so many intervals in a row without a sign of life. */
export interface KeepaliveLimits {
  readonly intervalMs: number
  readonly countMax: number
}

/**
 * Ends a stream whose far end shows no sign of life: nothing came, and nothing of ours left this machine either. To look
 * at answers alone would end a slow upload, whose bytes stand before our questions in the queue. Somebody else must ask
 * questions in the meantime. Stops with the stream.
 */
export function watchSilence(stream: Duplex, { intervalMs, countMax }: KeepaliveLimits, world: World): void {
  const over = new AbortController()
  let heard = 0
  stream.on('data', (chunk: Buffer) => {
    heard += chunk.length
  })
  stream.once('close', () => over.abort('finished'))

  const signs = (): string => `${heard} ${sent(stream)}`
  const watch = async (): Promise<void> => {
    for (let silent = 0; silent < countMax; ) {
      const before = signs()
      await world.sleep(intervalMs, over.signal)
      silent = signs() === before ? silent + 1 : 0
    }
    stream.destroy(new Error(`nothing was heard of the host for ${(intervalMs * countMax) / 1000} s`))
  }
  watch().catch(() => {})
}

/**
 * Bytes that the kernel took, where that can be seen and more wait for it: it takes them only while the far end
 * acknowledges. With nothing waiting there are just our questions, which it takes for a while from a dead end too.
 */
function sent({ bytesWritten, writableLength }: Duplex & { readonly bytesWritten?: number }): string {
  return bytesWritten === undefined || writableLength === 0 ? '' : String(bytesWritten - writableLength)
}
