import type { ChildProcessByStdio } from 'node:child_process'
import { Duplex, type Readable, type Writable } from 'node:stream'

/** A process that is spoken with over its standard input and output. */
export type SpokenWith = ChildProcessByStdio<Writable, Readable, Readable>

/**
 * Standard input and output of a process as one stream, which ends when the process has, and ends it when destroyed.
 * `failure` says with which error the stream ends, by how the process ended; none: it just ends.
 */
export function childStream(child: SpokenWith, failure: (code: number | null) => Promise<Error | undefined>): Duplex {
  // A process that does not read any more is told by how it ends.
  child.stdin.on('error', () => {})
  const stream = new Duplex({
    read: () => child.stdout.resume(),
    write: (chunk, _encoding, done) => child.stdin.write(chunk, () => done()),
    final: (done) => child.stdin.end(() => done()),
    destroy: (error, done) => {
      child.kill()
      // What nobody reads any more would keep the pipe open.
      child.stdout.destroy()
      done(error)
    },
  })
  stream.on('error', () => {})
  child.stdout.on('data', (chunk) => stream.push(chunk) || child.stdout.pause())
  child.on('error', (error) => stream.destroy(error))
  child.on('close', async (code) => {
    const error = await failure(code)
    if (error === undefined) stream.push(null)
    else stream.destroy(error)
  })
  return stream
}
