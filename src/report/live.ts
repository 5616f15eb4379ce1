import { ProcessOutput, Spinner } from 'listr2'
import { createFrame } from './frame.js'
import type { ReporterOptions } from './reporter.js'
import type { Live } from './task-screen.js'

/** A live place on a terminal, which can make room for something else for a while. */
export interface LiveTerminal extends Live {
  /** Lets a line go by above. */
  print(line: string): void
  aside<T>(work: () => Promise<T>): Promise<T>
}

/**
 * Draws ten times a second at the bottom of the terminal. While it does, it has both streams for itself: what others
 * write to them comes out when it stops, instead of through the lines.
 */
export function createLiveTerminal({ stdout, stderr, columns, rows }: ReporterOptions): LiveTerminal {
  const output = new ProcessOutput(stdout as NodeJS.WriteStream, stderr as NodeJS.WriteStream)
  const frame = createFrame(
    (text) => output.toStdout(text, false),
    () => ({ columns: columns(), rows: rows() }),
  )
  const ticks = new Spinner()
  let draw: (() => readonly string[]) | null = null
  const resume = (): void => {
    output.hijack()
    ticks.start(() => frame.draw(draw?.() ?? []))
  }
  const pause = (): void => {
    ticks.stop()
    frame.clear()
    output.release()
  }
  return {
    start: (lines) => {
      draw = lines
      resume()
    },
    stop: () => {
      ticks.stop()
      frame.draw(draw?.() ?? [])
      frame.done()
      output.release()
      draw = null
    },
    print: (line) => frame.print([line]),
    aside: async (work) => {
      if (draw === null) return work()
      pause()
      try {
        return await work()
      } finally {
        resume()
      }
    },
  }
}
