import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort, loopbackAddress } from './loopback.js'

export type HostKeyType = 'ed25519' | 'ecdsa' | 'rsa'

export interface SshdOptions {
  /** HOME of the sessions. They begin in the user's own home all the same: sshd knows no other. */
  readonly home: string
  /** Public key that is let in, `type base64`. */
  readonly authorizedKey: string
  /** Default: one of its own in 127.0.0.0/8. */
  readonly address?: string
  /** More addresses to listen at, with the same port: an sshd takes 16 in all. Default: none. */
  readonly moreAddresses?: readonly string[]
  /** Default: ed25519. */
  readonly hostKeyTypes?: readonly HostKeyType[]
  /** Private key of an authority that certifies the host keys. Default: nobody does. */
  readonly hostCertificateBy?: string
  /** More environment of the sessions. */
  readonly environment?: Readonly<Record<string, string>>
  /** Login that is let in. Default: whoever runs the test; another one is for root only. */
  readonly user?: string
  /** What it is started with, e.g. in namespaces of its own. Default: by itself. */
  readonly within?: readonly string[]
  /** More lines of sshd_config. */
  readonly config?: readonly string[]
  /** Options of the key in authorized_keys, e.g. `command="…"`. */
  readonly keyOptions?: readonly string[]
  /**
   * A password that lets the user in, besides the key; the sessions have the same home and environment then. Only where
   * `canMount`: this sshd sees other password files than this machine.
   */
  readonly password?: Password
}

export interface Password {
  readonly text: string
  /** Asked for by PAM (keyboard-interactive) instead of by the method of that name. Default: false. */
  readonly byPam?: boolean
}

/** A real OpenSSH server that is one host of a test. */
export interface SshdHost extends AsyncDisposable {
  readonly address: string
  readonly port: number
  /** Login that is let in. */
  readonly user: string
  /** Public host keys, `type base64`. */
  readonly hostKeys: readonly string[]
  /** May be added to. */
  readonly authorizedKeysFile: string
  /** Cuts every connection: kills what serves it, not what runs on it. */
  cut(): void
  /** Processes that serve connections now. */
  sessions(): number
  /** What it has logged so far. */
  log(): string
}

/** Starts an sshd, as root or as an ordinary user. */
export async function startSshd(options: SshdOptions): Promise<SshdHost> {
  const directory = mkdtempSync(join(tmpdir(), 'sshd-'))
  const address = options.address ?? loopbackAddress()
  const port = await freePort(address)
  const hostKeys = makeHostKeys(directory, options.hostKeyTypes ?? ['ed25519'])
  if (options.hostCertificateBy !== undefined) certify(directory, address, options)
  // Read as the user who logs in.
  if (options.user !== undefined) chmodSync(directory, 0o711)
  const mode = options.user === undefined ? 0o600 : 0o644
  writeFileSync(join(directory, 'authorized_keys'), authorizedLine(options), { mode })
  writeFileSync(join(directory, 'sshd_config'), serverConfig(directory, address, port, options))
  // sshd insists on it when it is root.
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const command = [...(options.within ?? []), '/usr/sbin/sshd', '-D', '-e', '-f', join(directory, 'sshd_config')]
  const [program = '', ...args] =
    options.password === undefined ? command : knowing(options.password, directory, command)
  const server = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const lines = await listening(server, 1 + (options.moreAddresses ?? []).length)
  return {
    address,
    port,
    user: options.user ?? userInfo().username,
    hostKeys,
    authorizedKeysFile: join(directory, 'authorized_keys'),
    cut: () => killSessions(server),
    sessions: () => sessionsOf(server).length,
    log: () => lines.join('\n'),
    [Symbol.asyncDispose]: async () => {
      const exited = new Promise((resolve) => server.once('exit', resolve))
      killSessions(server)
      if (server.kill()) await exited
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function makeHostKeys(directory: string, types: readonly HostKeyType[]): readonly string[] {
  return types.map((type) => {
    const file = join(directory, `host_${type}`)
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', '', '-f', file])
    return readFileSync(`${file}.pub`, 'utf8').trim()
  })
}

/** Runs a command where the user has this password: mounts of its own over the files that say so. */
function knowing({ text }: Password, directory: string, command: readonly string[]): readonly string[] {
  const hash = execFileSync('perl', ['-e', 'print crypt($ARGV[0], q($6$salt))', text], { encoding: 'utf8' })
  const shadow = join(directory, 'shadow')
  writeFileSync(shadow, `${userInfo().username}:${hash}:20000:0:99999:7:::\n`, { mode: 0o600 })
  const rules = [
    'auth required pam_unix.so nodelay',
    'account required pam_permit.so',
    'session required pam_permit.so',
  ]
  writeFileSync(join(directory, 'pam'), rules.map((rule) => `${rule}\n`).join(''))
  const mounts = 'mount --bind "$1" /etc/shadow; mount --bind "$2" /etc/pam.d/sshd; shift 2; exec "$@"'
  return ['unshare', '--mount', 'sh', '-euc', mounts, 'sh', shadow, join(directory, 'pam'), ...command]
}

function certify(
  directory: string,
  address: string,
  { hostCertificateBy = '', hostKeyTypes = ['ed25519'] }: SshdOptions,
): void {
  const files = hostKeyTypes.map((type) => join(directory, `host_${type}.pub`))
  execFileSync('ssh-keygen', ['-q', '-s', hostCertificateBy, '-I', 'host', '-h', '-n', address, ...files])
}

function authorizedLine({ authorizedKey, home, environment = {}, keyOptions = [] }: SshdOptions): string {
  const variables = Object.entries({ HOME: home, ...environment }).map(
    ([name, value]) => `environment="${name}=${value}"`,
  )
  return `${[...variables, ...keyOptions].join(',')} ${authorizedKey}\n`
}

function serverConfig(directory: string, address: string, port: number, options: SshdOptions): string {
  const files = (options.hostKeyTypes ?? ['ed25519']).map((type) => join(directory, `host_${type}`))
  const certificates =
    options.hostCertificateBy === undefined ? [] : files.map((file) => `HostCertificate ${file}-cert.pub`)
  return [
    ...(options.config ?? []),
    ...passwordConfig(options),
    ...[address, ...(options.moreAddresses ?? [])].map((one) => `ListenAddress ${one}:${port}`),
    ...files.map((file) => `HostKey ${file}`),
    ...certificates,
    `AuthorizedKeysFile ${directory}/authorized_keys`,
    'PermitUserEnvironment yes',
    'AcceptEnv LANG LC_* TRUENO_TEST_*',
    'StrictModes no',
    'UsePAM no',
    'PidFile none',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
    'LogLevel VERBOSE',
    '',
  ].join('\n')
}

/** The first of each keyword counts, so these stand before the others. */
function passwordConfig({ password, home, environment = {} }: SshdOptions): readonly string[] {
  if (password === undefined) return []
  const variables = Object.entries({ HOME: home, ...environment }).map(([name, value]) => `"${name}=${value}"`)
  const method = password.byPam === true ? 'KbdInteractiveAuthentication' : 'PasswordAuthentication'
  return [`SetEnv ${variables.join(' ')}`, `${method} yes`, `UsePAM ${password.byPam === true ? 'yes' : 'no'}`]
}

function listening(server: ChildProcess, addresses: number): Promise<string[]> {
  const lines: string[] = []
  let open = 0
  return new Promise((resolve, reject) => {
    createInterface({ input: server.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      lines.push(line)
      if (line.startsWith('Server listening on')) open += 1
      if (open === addresses) resolve(lines)
    })
    server.once('error', reject)
    server.once('exit', () => reject(new Error(`sshd ended:\n${lines.join('\n')}`)))
  })
}

function killSessions(server: ChildProcess): void {
  for (const pid of sessionsOf(server)) killQuietly(pid)
}

function sessionsOf(server: ChildProcess): readonly number[] {
  const all = sshdProcesses()
  const below = (parent: number): number[] =>
    all.filter((one) => one.parent === parent).flatMap(({ pid }) => [pid, ...below(pid)])
  return below(server.pid ?? -1)
}

function sshdProcesses(): readonly { pid: number; parent: number }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const [, command, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(readQuietly(`/proc/${name}/stat`)) ?? []
      return command?.startsWith('sshd') ? [{ pid: Number(name), parent: Number(parent) }] : []
    })
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

export interface ClientKey {
  /** Path of the private key; the public one is beside it with `.pub`. */
  readonly file: string
  /** `type base64`. */
  readonly publicKey: string
}

/** A key pair to log in with. */
export function makeClientKey(directory: string, name: string, passphrase = ''): ClientKey {
  const file = join(directory, name)
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-C', name, '-f', file])
  chmodSync(file, 0o600)
  return { file, publicKey: readFileSync(`${file}.pub`, 'utf8').trim().split(' ').slice(0, 2).join(' ') }
}
