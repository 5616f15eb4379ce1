import { spawn } from 'node:child_process'
import { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { plainText, shorten } from './text.js'

/** Runs the user's own ProxyCommand: its standard input and output are the connection, and it ends with it. */
export function runProxyCommand(command: string): Duplex {
  // `exec`, as ssh does it: what is ended is the command itself, not a shell around it.
  const child = spawn('/bin/sh', ['-c', `exec ${command}`], { stdio: 'pipe' })
  const said = text(child.stderr).catch(() => '')
  // A command that does not read any more is told by how it ends, below.
  child.stdin.on('error', () => {})
  const stream = new Duplex({
    read: () => child.stdout.resume(),
    write: (chunk, _encoding, done) => child.stdin.write(chunk, () => done()),
    final: (done) => child.stdin.end(() => done()),
    destroy: (error, done) => {
      child.kill()
      done(error)
    },
  })
  stream.on('error', () => {})
  child.stdout.on('data', (chunk) => stream.push(chunk) || child.stdout.pause())
  child.on('error', (error) => stream.destroy(error))
  child.on('close', async (code) => {
    if (code === 0) stream.push(null)
    else stream.destroy(new Error(`ProxyCommand ended with ${code}: ${shorten(plainText(await said).trim(), 500)}`))
  })
  return stream
}
