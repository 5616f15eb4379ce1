import { createGzip } from 'node:zlib'
import { pack as newPack } from 'tar-stream'

export interface TextFile {
  /** Relative, with `/`. */
  readonly path: string
  readonly text: string
}

/** A compressed tar of texts, to be read by their owner only. @param at seconds since the epoch */
export function textArchive(files: readonly TextFile[], at: number): AsyncIterable<Uint8Array> {
  const pack = newPack()
  for (const { path, text } of files) pack.entry({ name: path, mode: 0o600, mtime: new Date(at * 1000) }, text)
  pack.finalize()
  return pack.pipe(createGzip()) as AsyncIterable<Uint8Array>
}
