import { spawn } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { childStream } from './child-stream.js'
import { plainText } from './text.js'

/** Runs the user's own ProxyCommand: its standard input and output are the connection, and it ends with it. */
export function runProxyCommand(command: string): Duplex {
  // `exec`, as ssh does it: what is ended is the command itself, not a shell around it. Ctrl-C is for us to act on; a
  // session of its own would take the terminal away that it may have to ask at.
  const script = `trap '' INT QUIT; exec ${command}`
  const child = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-longestSaid)
  })
  return childStream(child, async (code) =>
    code === 0 ? undefined : new Error(`ProxyCommand ended with ${code}: ${plainText(said).trim().slice(-500)}`),
  )
}

const longestSaid = 4096
