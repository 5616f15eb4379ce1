import { StringDecoder } from 'node:string_decoder'
import { plainText, shorten } from './text.js'

/** Longest line handed on, in characters; of longer ones the beginning. */
export const longestLine = 16_384

/** Takes what `tail -v -F FILES` prints, in pieces of any size. */
export interface TailLines {
  push(chunk: Uint8Array): void
}

/**
 * Turns the output of `tail` back into lines of files. Only headers of `files` count as such. Whether a line at the end
 * of a piece is whole is not known before the next header (tail puts a line end before that): it is handed on at once,
 * and when it turns out to be the beginning of one, the whole line is handed on as well, later.
 */
export function createTailLines(files: readonly string[], onLine: (file: string, line: string) => void): TailLines {
  const headers = new Map(files.map((file) => [`==> ${file} <==`, file]))
  const take = createFileLines(headers, onLine)
  const decoder = new StringDecoder('utf8')
  let rest = ''
  return {
    push: (chunk) => {
      const [first = '', ...others] = decoder.write(Buffer.from(chunk)).split('\n')
      rest = bounded(rest + first)
      for (const part of others) {
        take(rest)
        rest = bounded(part)
      }
    },
  }
}

// One more than the limit, so that `shorten` sees that something is missing.
function bounded(text: string): string {
  return text.length > longestLine ? text.slice(0, longestLine + 1) : text
}

/** Takes raw lines, headers among them. */
function createFileLines(headers: ReadonlyMap<string, string>, onLine: (file: string, line: string) => void) {
  /** Beginnings of lines that another file's output came between. */
  const begun = new Map<string, string>()
  let file: string | undefined
  let last = ''
  /** An empty line waits: before a header it is tail's own, not the file's. */
  let emptyLines = 0

  const hand = (raw: string): void => {
    if (file === undefined) return
    const beginning = begun.get(file) ?? ''
    begun.delete(file)
    last = bounded(beginning + raw)
    if (raw !== '' || beginning === '') onLine(file, shorten(plainText(last), longestLine))
  }
  const handEmpty = (): void => {
    for (; emptyLines > 0; emptyLines -= 1) hand('')
  }
  const turnTo = (next: string): void => {
    const whole = emptyLines > 0
    emptyLines = Math.max(0, emptyLines - 1)
    handEmpty()
    if (!whole && file !== undefined && last !== '') begun.set(file, last)
    file = next
    last = ''
  }
  return (raw: string): void => {
    const next = headers.get(raw)
    if (next !== undefined) turnTo(next)
    else if (raw === '') emptyLines += 1
    else {
      handEmpty()
      hand(raw)
    }
  }
}
