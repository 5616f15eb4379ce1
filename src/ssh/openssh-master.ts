import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unlessAborted } from './abort.js'
import { createSshWords } from './openssh-words.js'

/** An ssh that holds a connection, which others use over a socket. */
export interface Master {
  /** Path of the socket. */
  readonly socket: string
  isOpen(): boolean
  /** Resolves when it has ended, for whatever reason. */
  readonly closed: Promise<void>
  /** What it said last, without control codes. */
  said(): string
  /** Why the host refused the next of the channels that it refused; undefined: this ssh does not say. */
  nextRefusal(): string | undefined
  /** Ends the connection. */
  close(): Promise<void>
}

/** The ssh that was to become a master ended before it was logged in. */
export class MasterError extends Error {
  override readonly name = 'MasterError'
}

/**
 * ssh in the care of a shell that ends it when our end of the shell's standard input is gone: with us, however we end.
 * The directory of the socket goes with it.
 */
export const masterScript = `directory=$1
shift
exec 3<&0
watch=
# There is no terminal of its own to ask at: it asks us, or not at all.
export SSH_ASKPASS="$directory/askpass" SSH_ASKPASS_REQUIRE=force
ssh "$@" 3<&- </dev/null & ssh=$!
trap 'kill "$ssh" $watch 2>/dev/null' TERM HUP INT
{ while read -r _; do :; done <&3; kill "$ssh"; } >/dev/null 2>&1 & watch=$!
exec 3<&-
wait "$ssh"
code=$?
kill "$watch" 2>/dev/null
rm -rf -- "$directory"
exit "$code"`

const ours = [
  ['ControlPersist', 'no'],
  // Printed once the login is done and the socket listens.
  ['PermitLocalCommand', 'yes'],
  ['LocalCommand', 'echo ready'],
  ['RemoteCommand', 'none'],
  ['RequestTTY', 'no'],
  ['SessionType', 'none'],
  ['ForkAfterAuthentication', 'no'],
  ['ClearAllForwardings', 'yes'],
  ['Tunnel', 'no'],
  // Also on this machine itself a host key is checked, and what ssh says is what its failures are told by.
  ['NoHostAuthenticationForLocalhost', 'no'],
  // Without the banner of the host, which may say anything.
  ['LogLevel', 'ERROR'],
  ['UpdateHostKeys', 'no'],
  ['VisualHostKey', 'no'],
] as const

/**
 * Logs in with the ssh of this machine. `args` name the host; `options`, given a directory that goes with the master, count
 * more than the user's configuration. If there is an `askpass` in the directory then, ssh asks by that.
 * @throws MasterError with what ssh said; the signal's reason when that aborts
 */
export async function startMaster(
  args: readonly string[],
  options: (directory: string) => Promise<Readonly<Record<string, string>>>,
  signal: AbortSignal,
): Promise<Master> {
  // Sockets have short names: not below the user's own directories.
  const directory = mkdtempSync(join(tmpdir(), 'td-'))
  const socket = join(directory, 's')
  const given = await options(directory).catch((error) => {
    rmSync(directory, { recursive: true, force: true })
    throw error
  })
  const settings = [...ours, ...Object.entries(given)].flatMap(([name, value]) => ['-o', `${name}=${value}`])
  const command = ['-c', masterScript, 'sh', directory, '-M', '-S', socket, '-N', ...settings, ...args]
  // A session of its own: Ctrl-C at the terminal is for us to act on.
  const child = spawn('/bin/sh', command, { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  const words = createSshWords()
  child.stderr.setEncoding('utf8').on('data', words.take)
  child.stdin.on('error', () => {})
  let open = true
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => {
      open = false
      resolve()
    })
  })
  const close = async (): Promise<void> => {
    child.stdin.end()
    await closed
  }
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.once('data', resolve)
    child.once('error', reject)
    closed.then(() => reject(new MasterError(words.said())))
  })
  await unlessAborted(ready, signal, () => child.stdin.end())
  return { socket, isOpen: () => open, closed, said: words.said, nextRefusal: words.nextRefusal, close }
}
