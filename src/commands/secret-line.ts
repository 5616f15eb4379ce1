import { createReadStream, fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { isatty } from 'node:tty'
import { errorProblem, UsageError } from '../errors.js'

/** Longest that is taken for a password, in characters. */
const longest = 4096

/**
 * The first line of a file descriptor that was opened for us, which is closed afterwards. A secret comes this way: it is in
 * no argument and no environment that others can read.
 * @param option the option that named it, for messages
 * @throws UsageError when it is not open, is a terminal, or has no line; the signal's reason when that aborts
 */
export async function readSecretLine(fd: number, option: string, signal: AbortSignal): Promise<string> {
  if (isatty(fd)) throw cannotRead(option, `descriptor ${fd} is a terminal, which would show what is typed`)
  const line = await firstLine(open(fd, option), option, signal)
  if (line === '') throw cannotRead(option, `descriptor ${fd} has no line to read`)
  return line
}

async function firstLine(stream: Readable, option: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  const stop = (): void => void stream.destroy(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  let text = ''
  try {
    for await (const piece of stream.setEncoding('utf8')) {
      text += piece
      if (text.includes('\n') || text.length > longest) break
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : cannotRead(option, (error as Error).message)
  } finally {
    signal.removeEventListener('abort', stop)
  }
  const [line = ''] = text.split(/\r?\n/)
  if (line.length > longest) throw cannotRead(option, `its first line is longer than ${longest} characters`)
  return line
}

/** A pipe is read such that waiting for it can be given up. */
function open(fd: number, option: string): Readable {
  try {
    const stats = fstatSync(fd)
    if (stats.isFIFO() || stats.isSocket()) return new Socket({ fd, readable: true, writable: false })
    return createReadStream('', { fd })
  } catch (error) {
    throw cannotRead(option, (error as Error).message)
  }
}

function cannotRead(option: string, cause: string): UsageError {
  const remedy = `open it for this command: ${option} 3 3<FILE, or ${option} 3 3< <(a program that prints it)`
  return new UsageError([errorProblem({ code: 'wrong-use', title: `${option} gives no password`, cause, remedy })])
}
