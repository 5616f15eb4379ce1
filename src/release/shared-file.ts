import { open } from 'node:fs/promises'

/** A file that many read at the same time, each at its own pace. */
export interface SharedFile {
  /** Its bytes from an offset to its end. */
  read(from: number): AsyncIterable<Uint8Array>
}

/** Bytes of one read from the disk, and of one piece that is handed out. */
const pieceBytes = 512 * 1024
/** Pieces that are kept for readers that are behind: 8 MiB. Who is further behind reads for itself. */
const keptPieces = 16

/** Reads each piece once for all who want it at about the same time; whoever is slow holds nobody up. */
export function sharedFile(path: string, bytes: number): SharedFile {
  const pieces = new Map<number, Promise<Uint8Array>>()
  const pieceAt = (index: number): Promise<Uint8Array> => {
    const known = pieces.get(index)
    if (known !== undefined) return known
    const piece = readPiece(path, index * pieceBytes, bytes)
    pieces.set(index, piece)
    piece.catch(() => pieces.delete(index))
    for (const oldest of pieces.keys()) if (pieces.size > keptPieces) pieces.delete(oldest)
    return piece
  }
  return {
    read: async function* (from) {
      for (let at = from; at < bytes; ) {
        const index = Math.floor(at / pieceBytes)
        const piece = (await pieceAt(index)).subarray(at - index * pieceBytes)
        at += piece.length
        yield piece
      }
    },
  }
}

async function readPiece(path: string, at: number, bytes: number): Promise<Uint8Array> {
  await using file = await open(path)
  const wanted = Math.min(pieceBytes, bytes - at)
  const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(wanted), 0, wanted, at)
  if (bytesRead < wanted) throw new Error(`${path} was cut short while it was read`)
  return buffer
}
