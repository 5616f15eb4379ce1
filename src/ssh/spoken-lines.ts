import type { Hear } from './connection.js'
import { beginMarker } from './scripts.js'
import { plainText } from './text.js'

/** What a script prints while it runs, line by line, for whoever answers it. */
export interface SpokenLines {
  readonly hear: Hear
  take(chunk: Buffer): void
  /** The script has ended. */
  end(): void
}

/** Lines that nobody has heard yet, at most; a script that prints more than it is asked talks to itself. */
const mostUnheard = 1000
/** In bytes; of longer ones the beginning is heard. */
const longestLine = 64 * 1024

/** @param isWanted false: nobody listens, and nothing is kept */
export function createSpokenLines(isWanted: boolean): SpokenLines {
  const unheard: string[] = []
  let hasBegun = false
  let rest = ''
  let ended = !isWanted
  let wake: (() => void) | undefined
  /** What is the script's own of `text`; of what comes before, no more is kept than may be part of the marker. */
  const own = (text: string): string => {
    const at = text.indexOf(beginMarker)
    hasBegun = at >= 0
    return hasBegun ? text.slice(at + beginMarker.length) : text.slice(-beginMarker.length)
  }
  const take = (chunk: Buffer): void => {
    if (ended) return
    const text = rest + chunk.toString('latin1')
    rest = hasBegun ? text : own(text)
    if (!hasBegun) return
    const lines = rest.split('\n').map((line) => line.slice(0, longestLine))
    rest = lines.pop() ?? ''
    for (const line of lines) if (unheard.length < mostUnheard) unheard.push(textOf(line))
    wake?.()
  }
  const end = (): void => {
    ended = true
    wake?.()
  }
  const hear = async (): Promise<string | undefined> => {
    while (unheard.length === 0 && !ended)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    return unheard.shift()
  }
  return { hear, take, end }
}

/** Bytes may be cut anywhere between two chunks: whole lines are decoded. */
function textOf(line: string): string {
  return plainText(Buffer.from(line, 'latin1').toString('utf8'))
}
