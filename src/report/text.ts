import { stripVTControlCharacters } from 'node:util'

/** Columns a text takes on a terminal; escape sequences take none. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of stripVTControlCharacters(text)) width += columnsOf(character)
  return width
}

/** The text, cut to that many columns with an ellipsis at its end. For text without escape sequences. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  return columns < 1 ? '' : `${head(text, columns - 1)}…`
}

/** The same, with the middle left out: names are told apart by both their ends. */
export function cutMiddle(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  if (columns < 3) return cut(text, columns)
  const last = Math.floor((columns - 1) / 2)
  return `${head(text, columns - 1 - last)}…${tail(text, last)}`
}

/** The text filled with spaces up to that many columns. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)))
}

/**
 * Breaks lines between words; words that are too long are broken where they have to be. Never empty. What stands in
 * backquotes stays together where it fits. A command of ours is never broken, so that it can be copied: one that does
 * not fit has a longer line of its own.
 */
export function wrap(text: string, columns: number): readonly string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, Math.max(1, columns)))
}

function wrapLine(line: string, limit: number): readonly string[] {
  const lines: string[] = []
  let current = ''
  for (const word of wordsOf(line, limit)) {
    if (current !== '' && widthOf((current + word).trimEnd()) > limit) {
      lines.push(current.trimEnd())
      current = ''
    }
    current += word
    while (widthOf(current.trimEnd()) > limit && !isCommand(word)) {
      const part = head(current, limit) || firstOf(current)
      lines.push(part)
      current = current.slice(part.length)
    }
  }
  return [...lines, current.trimEnd()]
}

/** What a line is not broken inside of, each with the spaces behind it. */
function wordsOf(line: string, limit: number): readonly string[] {
  const command = /^(?:.*: +)?(trueno-deploy \S.*)$/.exec(line)?.[1]
  if (command !== undefined) return [...wordsOf(line.slice(0, -command.length), limit), command]
  const spans = line.match(/^\s+|(?:`[^`]+`|\S)+\s*/g) ?? []
  return spans.flatMap((span) => (isCommand(span) || widthOf(span.trimEnd()) <= limit ? [span] : plainWords(span)))
}

function plainWords(text: string): readonly string[] {
  return text.split(/(?<=\s)(?=\S)/)
}

function isCommand(word: string): boolean {
  return /^\W?(?:npx )?trueno-deploy \S/.test(word)
}

/** As many of its first characters as there is room for. */
function head(text: string, columns: number): string {
  let width = 0
  let end = 0
  for (const character of text) {
    width += columnsOf(character)
    if (width > columns) break
    end += character.length
  }
  return text.slice(0, end)
}

/** Whoever breaks a text has to come to an end, also where not even one character has room. */
function firstOf(text: string): string {
  return String.fromCodePoint(text.codePointAt(0) ?? 0)
}

function tail(text: string, columns: number): string {
  const characters = [...text]
  let width = 0
  while (characters.length > 0 && width + columnsOf(characters.at(-1) ?? '') <= columns)
    width += columnsOf(characters.pop() ?? '')
  return text.slice(characters.join('').length)
}

function columnsOf(character: string): number {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x300) return 1
  if (/\p{Mark}/u.test(character)) return 0
  if (/\p{Emoji_Presentation}/u.test(character)) return 2
  return wide.some(([first, last]) => code >= first && code <= last) ? 2 : 1
}

/** East Asian wide and full-width blocks, and the emoji. */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
]
