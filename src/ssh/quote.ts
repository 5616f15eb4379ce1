/**
 * One word of a POSIX shell command that stands for exactly `text`. The only place that quotes.
 * A line feed is followed by an empty quoted word, so that no line of a composed script begins with foreign text.
 * @throws TypeError when `text` has a NUL, which no argument of a process can hold.
 */
export function quote(text: string): string {
  if (text.includes('\0')) throw new TypeError('a NUL cannot be given to a shell')
  return `'${text.replaceAll("'", "'\\''").replaceAll('\n', "\n''")}'`
}

/** Words of a command, quoted and joined. */
export function quoteAll(words: readonly string[]): string {
  return words.map(quote).join(' ')
}
