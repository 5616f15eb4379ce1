import type { World } from '../world.js'

/** Lets so many bytes a second pass, whoever sends them. */
export interface RateLimit {
  /** Most bytes to be sent at once, so that no piece alone takes long. */
  readonly pieceBytes: number
  /** Resolves when these may be sent. */
  pass(bytes: number, signal: AbortSignal): Promise<void>
}

/** Four pieces a second; the smallest is a packet of SSH. */
const smallestPiece = 16 * 1024

/** @param bytesPerSecond null: no limit */
export function createRateLimit(bytesPerSecond: number | null, world: World): RateLimit {
  if (bytesPerSecond === null) return { pieceBytes: Number.POSITIVE_INFINITY, pass: async () => undefined }
  let free = world.now()
  return {
    pieceBytes: Math.max(smallestPiece, Math.floor(bytesPerSecond / 4)),
    pass: async (bytes, signal) => {
      const now = world.now()
      const turn = Math.max(now, free)
      free = turn + (bytes * 1000) / bytesPerSecond
      if (turn > now) await world.sleep(turn - now, signal)
    },
  }
}

/** The same bytes in pieces of at most so many. */
export function* inPieces(chunk: Uint8Array, most: number): Generator<Uint8Array> {
  for (let at = 0; at < chunk.length; at += most) yield chunk.subarray(at, at + most)
}
