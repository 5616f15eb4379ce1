import type { OutputStream } from './reporter.js'

/** Writes, and resolves when it has left the process (or nobody reads it any more). */
export function write(stream: OutputStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    stream.write(text, () => resolve())
  })
}
