import { createInterface, type Interface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { InterruptedError } from '../errors.js'
import type { Ask } from '../ssh/asking.js'

/** The process as the command line uses it; tests give their own. */
export interface Io {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute. */
  readonly workingDirectory: string
  readonly homeDirectory: string
  /** `user@laptop`. */
  readonly who: string
  /** Calls back at each Ctrl-C until the returned function is called. */
  readonly onInterrupt: (listener: () => void) => () => void
  readonly exit: (code: number) => never
}

/**
 * Asks a person at the terminal; null where there is none. What is secret is not shown while it is typed. Rejects with
 * an `InterruptedError` at Ctrl-C, which is no signal while we read from the terminal, and at the end of the input.
 */
export function terminalAsk({ stdin, stderr }: Io): Ask | null {
  if (!stdin.isTTY || !stderr.isTTY) return null
  return async (question, { secret }) => {
    let muted = false
    const output = new Writable({
      write: (chunk, _encoding, done) => {
        if (!muted) stderr.write(chunk)
        done()
      },
    })
    // A question that is wider than the terminal is placed rightly only by who knows how wide that is.
    const measured = Object.assign(output, { columns: stderr.columns })
    const lines = createInterface({ input: stdin, output: measured, terminal: true })
    try {
      const answer = lines.question(question)
      muted = secret
      return await Promise.race([answer, unanswered(lines)])
    } finally {
      lines.close()
      if (secret) stderr.write('\n')
    }
  }
}

function unanswered(lines: Interface): Promise<never> {
  return new Promise((_resolve, reject) => {
    lines.once('close', () => reject(new InterruptedError('the question was not answered')))
  })
}
