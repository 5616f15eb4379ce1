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

/** @param isWanted false: nobody listens, and nothing is kept */
export function createSpokenLines(isWanted: boolean): SpokenLines {
  const unheard: string[] = []
  let rest: string | null = null
  let before = ''
  let ended = !isWanted
  let wake: (() => void) | undefined
  const own = (text: string): string => {
    if (rest !== null) return rest + text
    before += text
    const at = before.indexOf(beginMarker)
    return at < 0 ? '' : before.slice(at + beginMarker.length)
  }
  const take = (chunk: Buffer): void => {
    if (ended) return
    const lines = own(chunk.toString('latin1')).split('\n')
    if (rest === null && !before.includes(beginMarker)) return
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
