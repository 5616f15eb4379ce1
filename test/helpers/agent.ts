import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

/** A real ssh-agent of a test's own. */
export interface Agent extends AsyncDisposable {
  readonly socket: string
  /** Adds a key, and the certificate beside it. */
  add(file: string): void
}

export async function startAgent(): Promise<Agent> {
  const directory = mkdtempSync(join(tmpdir(), 'agent-'))
  const socket = join(directory, 'socket')
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
  while (!(await listens(socket))) await setTimeout(10)
  return {
    socket,
    add: (file) => {
      execFileSync('ssh-add', ['-q', file], { env: { ...process.env, SSH_AUTH_SOCK: socket } })
    },
    [Symbol.asyncDispose]: async () => {
      const ended = new Promise((resolve) => agent.once('exit', resolve))
      agent.kill()
      await ended
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Its file is there a moment before anybody listens. */
function listens(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const client = connect(socket, () => {
      client.destroy()
      resolve(true)
    })
    client.on('error', () => resolve(false))
  })
}
