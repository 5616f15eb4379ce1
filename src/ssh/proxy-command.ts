import { spawn } from 'node:child_process'
import { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { plainText, shorten } from './text.js'

/** Runs the user's own ProxyCommand: its standard input and output are the connection, and it ends with it. */
export function runProxyCommand(command: string): Duplex {
  // `exec`, as ssh does it: what is ended is the command itself, not a shell around it.
  const child = spawn('/bin/sh', ['-c', `exec ${command}`], { stdio: 'pipe' })
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin })
  const said = text(child.stderr).catch(() => '')
  child.on('error', (error) => stream.destroy(error))
  child.on('close', async (code) => {
    if (code !== 0)
      stream.destroy(new Error(`ProxyCommand ended with ${code}: ${shorten(plainText(await said).trim(), 500)}`))
  })
  stream.on('error', () => {})
  stream.on('close', () => child.kill())
  return stream
}
