import { widthOf } from '../../src/report/text.js'

/** A terminal as far as our output needs one: a screen, a history above it, a cursor. */
export interface Terminal {
  write(text: string | Uint8Array, ...rest: unknown[]): boolean
  columns(): number
  rows(): number
  /** Lines on the screen without spaces at their ends; empty ones at the bottom are left out. */
  screen(): readonly string[]
  /** Lines that were pushed out at the top. */
  history(): readonly string[]
  isCursorVisible(): boolean
  wrapsLines(): boolean
  /** Whether anything was ever printed beyond the last column. */
  wasTooNarrow(): boolean
  /** Lines longer than the new width are broken, as terminals do. */
  resize(columns: number, rows: number): void
}

export function createTerminal(size: { columns: number; rows: number }): Terminal {
  const terminal = new Model(size.columns, size.rows)
  return {
    write: (text, ...rest) => {
      terminal.print(String(text))
      const done = rest.at(-1)
      if (typeof done === 'function') done()
      return true
    },
    columns: () => terminal.columns,
    rows: () => terminal.rows,
    screen: () => trimmed(terminal.lines.slice(terminal.top)),
    history: () => terminal.lines.slice(0, terminal.top),
    isCursorVisible: () => terminal.visible,
    wrapsLines: () => terminal.wraps,
    wasTooNarrow: () => terminal.tooNarrow,
    resize: (columns, rows) => terminal.resize(columns, rows),
  }
}

function trimmed(lines: readonly string[]): readonly string[] {
  const last = lines.findLastIndex((line) => line.trim() !== '')
  return lines.slice(0, last + 1).map((line) => line.trimEnd())
}

/** Cells are not kept apart: our lines are written from their beginning only. */
class Model {
  lines: string[] = ['']
  /** The screen's first line. */
  top = 0
  /** The cursor's line; it stands at the end of `written`. */
  line = 0
  written = ''
  visible = true
  wraps = true
  tooNarrow = false

  constructor(
    public columns: number,
    public rows: number,
  ) {}

  print(text: string): void {
    for (const part of text.matchAll(parts)) this.#take(part[0])
  }

  resize(columns: number, rows: number): void {
    this.columns = columns
    this.rows = rows
    const broken = this.lines.map((line) => breakAt(line, columns))
    this.line = broken.slice(0, this.line).flat().length
    this.lines = broken.flat()
    this.top = Math.max(0, this.line - rows + 1)
  }

  #take(part: string): void {
    const command = part.startsWith(esc) && !privateMode.test(part) ? `${esc}[${part.at(-1)}` : part
    const control = controls[command]
    if (control !== undefined) control(this, Number(/\d+/.exec(part)?.[0] ?? 1))
    else if (/\p{Cc}/u.test(part)) throw new Error(`not understood: ${JSON.stringify(part)}`)
    else this.#put(part)
  }

  #put(text: string): void {
    this.written += text
    if (widthOf(this.written) > this.columns) this.tooNarrow = true
    const before = this.lines[this.line] ?? ''
    this.lines[this.line] = this.written + before.slice(this.written.length)
  }

  newLine(): void {
    this.line += 1
    this.written = ''
    if (this.line === this.lines.length) this.lines.push('')
    this.top = Math.max(this.top, this.line - this.rows + 1)
  }
}

const esc = '\u001b'
const parts = new RegExp(`${esc}\\[[?0-9;]*[A-Za-z]|[\n\r]|[^${esc}\n\r]+|[^]`, 'g')
const privateMode = /\[\?/

const controls: Readonly<Record<string, (terminal: Model, number: number) => void>> = {
  '\n': (terminal) => terminal.newLine(),
  '\r': (terminal) => {
    terminal.written = ''
  },
  [`${esc}[A`]: (terminal, up) => {
    terminal.line = Math.max(terminal.top, terminal.line - up)
  },
  [`${esc}[K`]: (terminal) => {
    terminal.lines[terminal.line] = terminal.written
  },
  [`${esc}[J`]: (terminal) => {
    terminal.lines.length = terminal.line + 1
    terminal.lines[terminal.line] = terminal.written
  },
  [`${esc}[m`]: () => undefined,
  [`${esc}[?25l`]: (terminal) => {
    terminal.visible = false
  },
  [`${esc}[?25h`]: (terminal) => {
    terminal.visible = true
  },
  [`${esc}[?7l`]: (terminal) => {
    terminal.wraps = false
  },
  [`${esc}[?7h`]: (terminal) => {
    terminal.wraps = true
  },
}

function breakAt(line: string, columns: number): readonly string[] {
  const pieces: string[] = []
  for (let rest = line.trimEnd(); ; rest = rest.slice(columns)) {
    pieces.push(rest.slice(0, columns))
    if (rest.length <= columns) return pieces
  }
}
