import { spawn } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { childStream } from './child-stream.js'
import { plainText, shorten } from './text.js'

/** Runs the user's own ProxyCommand: its standard input and output are the connection, and it ends with it. */
export function runProxyCommand(command: string): Duplex {
  // `exec`, as ssh does it: what is ended is the command itself, not a shell around it.
  const child = spawn('/bin/sh', ['-c', `exec ${command}`], { stdio: ['pipe', 'pipe', 'pipe'] })
  const said = text(child.stderr).catch(() => '')
  return childStream(child, async (code) =>
    code === 0
      ? undefined
      : new Error(`ProxyCommand ended with ${code}: ${shorten(plainText(await said).trim(), 500)}`),
  )
}
