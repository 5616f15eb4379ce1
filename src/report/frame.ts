import { sanitize } from './sanitize.js'
import type { Size } from './screen.js'
import { widthOf } from './text.js'

/** Lines at the bottom of a terminal that are drawn again in place. */
export interface Frame {
  /** Shows these lines instead of the ones before; none has more columns than the terminal. */
  draw(lines: readonly string[]): void
  /** Lets lines go by above; they stay. */
  print(lines: readonly string[]): void
  /** Takes the lines away. */
  clear(): void
  /** Leaves the lines as they are and gives the cursor back. */
  done(): void
}

/** A frame on the terminal behind `write`. The cursor is hidden while lines are shown, and given back whatever ends the process. */
export function createFrame(write: (text: string) => void, size: () => Size): Frame {
  let drawn: Drawn | null = null
  const restore = (): void => write(showCursor)
  const open = (): string => {
    if (drawn !== null) return ''
    process.once('exit', restore)
    return hideCursor
  }
  const put = (lines: readonly string[], above: readonly string[]): void => {
    const now = size()
    const shown = lines.slice(0, Math.max(1, now.rows - 1))
    const start = open() + home(drawn, now)
    const text = shown.map(endLine).join('') + eraseBelow
    const same = drawn?.text === start + text && above.length === 0
    drawn = { lines: shown, columns: now.columns, text: start + text }
    // What goes by may be longer than a line: the terminal breaks it, and nothing of it is lost.
    if (!same) write(start + above.map(endLine).join('') + wrapOff + text + wrapOn)
  }
  return {
    draw: (lines) => put(lines, []),
    print: (lines) => put(drawn?.lines ?? [], lines),
    clear: () => {
      if (drawn !== null) write(home(drawn, size()) + eraseBelow)
      drawn = drawn === null ? null : { ...drawn, lines: [], text: '' }
    },
    done: () => {
      process.removeListener('exit', restore)
      if (drawn !== null) restore()
      drawn = null
    },
  }
}

interface Drawn {
  readonly lines: readonly string[]
  readonly columns: number
  readonly text: string
}

const hideCursor = '\u001b[?25l'
const showCursor = '\u001b[?25h'
/** A line that turns out wider than we measured is cut by the terminal instead of spoiling the count of lines. */
const wrapOff = '\u001b[?7l'
const wrapOn = '\u001b[?7h'
const eraseBelow = '\u001b[J'

/** Overwriting and erasing what is left of each line does not flicker; erasing first does. */
function endLine(line: string): string {
  return `${line}\u001b[K\n`
}

/** Back to the first line drawn. After a resize the terminal has broken longer lines anew, and all is erased first. */
function home(drawn: Drawn | null, { columns }: Size): string {
  if (drawn === null) return ''
  const resized = drawn.columns !== columns
  const up = resized ? rowsAt(drawn.lines, columns) : drawn.lines.length
  return `\r${up === 0 ? '' : `\u001b[${up}A`}${resized ? eraseBelow : ''}`
}

function rowsAt(lines: readonly string[], columns: number): number {
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(sanitize(line)) / columns)), 0)
}
