const escapes = [
  '(?:\\u001b\\]|\\u009d)[^\\u0007\\u001b\\u009c]*(?:\\u0007|\\u001b\\\\|\\u009c)?', // operating system commands: titles, links
  '(?:\\u001b[PX^_]|[\\u0090\\u0098\\u009e\\u009f])[^\\u001b\\u009c]*(?:\\u001b\\\\|\\u009c)?', // device and application strings
  '(?:\\u001b\\[|\\u009b)[0-?]*[ -/]*[@-~]?', // colours, cursor movement
  '\\u001b[ -/]*[0-~]?', // the other, short ones
]
const escapePattern = new RegExp(escapes.join('|'), 'g')

// Everything that moves a cursor or turns text around, but tab and line feed.
const controlPattern = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/**
 * What a host printed, without anything that could act on a terminal: escape sequences, control codes (tab and line
 * feed stay), marks that change the direction of text.
 */
export function plainText(text: string): string {
  return text.replace(escapePattern, '').replace(controlPattern, (code) => (code === '\n' || code === '\t' ? code : ''))
}

/** `text`, cut to `limit` characters with a mark where something is missing. */
export function shorten(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}…`
}

/** The first lines, each cut to what a screen bears, with a mark where something is missing. */
export function firstLines(text: string, count: number): string {
  const lines = text.split('\n')
  const kept = lines.slice(0, count).map((line) => shorten(line, 200))
  return lines.length <= count ? kept.join('\n') : [...kept, '…'].join('\n')
}
