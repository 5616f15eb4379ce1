/** A screen that shows one text after the other in the same place. */
export interface WatchScreen {
  /** Clears and draws. Lines that find no room are left out; the last one says so. */
  draw(text: string): void
}

type Terminal = Pick<NodeJS.WriteStream, 'write' | 'columns' | 'rows'>

/** For `status --watch`. The last text drawn stays on the screen; where there is no terminal texts follow each other. */
export function createWatchScreen(stdout: Terminal & { readonly isTTY?: boolean }): WatchScreen {
  if (stdout.isTTY !== true) return { draw: (text) => void stdout.write(text) }
  let size = ''
  return {
    draw: (text) => {
      const { columns, rows } = stdout
      const clear = size === `${columns}×${rows}` ? '' : clearScreen
      size = `${columns}×${rows}`
      stdout.write(
        clear +
          home +
          cropped(text, rows)
            .map((line) => line + clearLine)
            .join('\n') +
          clearBelow,
      )
    },
  }
}

const clearScreen = '\u001b[2J'
const home = '\u001b[H'
const clearLine = '\u001b[K'
const clearBelow = '\n\u001b[J'

/** The line below the last one stays free for the cursor. */
function cropped(text: string, rows: number): readonly string[] {
  const lines = text.replace(/\n+$/, '').split('\n')
  const room = Math.max(1, rows - 1)
  if (lines.length <= room) return lines
  return [...lines.slice(0, room - 1), ` … ${lines.length - room + 1} more lines`]
}
