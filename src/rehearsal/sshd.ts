import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { ServedHost } from './files.js'
import { freePort } from './free-port.js'

export interface SshdOptions {
  /** Loopback address to listen at, on a port that is free. */
  readonly address: string
  /** HOME of the sessions. */
  readonly home: string
  /** The one key that is let in, `type base64`. */
  readonly authorizedKey: string
  /** More environment of the sessions. */
  readonly environment: Readonly<Record<string, string>>
}

const programs = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd', '/sbin/sshd']

/** Starts a host with the real OpenSSH server, as whoever we are. @throws Error where there is no sshd */
export async function startSshd({
  address,
  home,
  authorizedKey,
  environment,
}: SshdOptions): Promise<ServedHost & AsyncDisposable> {
  const program = programs.find((path) => existsSync(path))
  if (program === undefined) throw new Error('there is no sshd on this machine; install the OpenSSH server')
  const directory = await mkdtemp(join(tmpdir(), 'sshd-'))
  const port = await freePort(address)
  await promisify(execFile)('ssh-keygen', [
    '-q',
    '-t',
    'ed25519',
    '-N',
    '',
    '-C',
    '',
    '-f',
    join(directory, 'host_key'),
  ])
  const variables = Object.entries({ HOME: home, ...environment }).map(
    ([name, value]) => `environment="${name}=${value}"`,
  )
  await writeFile(join(directory, 'authorized_keys'), `${variables.join(',')} ${authorizedKey}\n`, { mode: 0o600 })
  await writeFile(join(directory, 'sshd_config'), configuration(directory, address, port))
  // sshd insists on it when it is root.
  if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 })
  const server = spawn(program, ['-D', '-e', '-f', join(directory, 'sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  await listening(server)
  const hostKey = (await readFile(join(directory, 'host_key.pub'), 'utf8')).trim()
  return { address, port, hostKey, [Symbol.asyncDispose]: () => stop(server, directory) }
}

function configuration(directory: string, address: string, port: number): string {
  return [
    `ListenAddress ${address}:${port}`,
    `HostKey ${directory}/host_key`,
    `AuthorizedKeysFile ${directory}/authorized_keys`,
    'PermitUserEnvironment yes',
    'StrictModes no',
    'UsePAM no',
    'PidFile none',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
    '',
  ].join('\n')
}

function listening(server: ChildProcess): Promise<void> {
  const lines: string[] = []
  return new Promise((resolve, reject) => {
    createInterface({ input: server.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      lines.push(line)
      if (line.startsWith('Server listening on')) resolve()
    })
    server.once('error', reject)
    server.once('exit', () => reject(new Error(`sshd ended: ${lines.join('; ')}`)))
  })
}

async function stop(server: ChildProcess, directory: string): Promise<void> {
  const ended = new Promise((resolve) => server.once('exit', resolve))
  if (server.kill()) await ended
  await rm(directory, { recursive: true, force: true })
}
