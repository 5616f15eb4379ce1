import { stripVTControlCharacters } from 'node:util'

/** Characters of a line that is drawn; more are cut off. */
const longestLine = 500

/** One line for the screen: without escape sequences and control codes; line breaks and tabs become spaces. */
export function oneLine(text: string): string {
  const line = sanitize(text.slice(0, 4 * longestLine))
    .replace(/\s+/g, ' ')
    .trim()
  return line.length > longestLine ? `${line.slice(0, longestLine)}…` : line
}

/** Lines for the screen. What hosts say is untrusted: nothing in it may move the cursor, change colours or reorder text. */
export function sanitize(text: string): string {
  return stripVTControlCharacters(text).replace(/\r\n?/g, '\n').replace(/\t/g, '  ').replace(unprintable, '')
}

/** JSON with those characters escaped that it allows but a terminal acts upon. It says the same. */
export function terminalSafeJson(value: unknown): string {
  return JSON.stringify(value).replace(unprintable, (found) => [...found].map(escaped).join(''))
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Control codes but the line feed, and the marks that reorder or hide text. */
const unprintable = /[^\P{Cc}\n]|[\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu
