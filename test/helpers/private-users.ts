import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Users, and what they may do as each other, that only programs started in mounts of their own see. This machine has none of it. */
export interface PrivateUsers extends Disposable {
  /** Other users may go through it. */
  readonly directory: string
  /** What a program is to be started with. */
  readonly within: readonly [string, ...string[]]
  homeOf(name: string): string
  uidOf(name: string): number
  /** Changes a password. */
  password(name: string, password: string): void
  /** Replaces the rules of sudo; who runs the tests may do everything. */
  sudoers(...lines: readonly string[]): void
  /** Replaces the rules of doas; none: there is no such file. */
  doas(...lines: readonly string[]): void
}

export interface PrivateUser {
  readonly name: string
  /** Default: it can log in with a key, and has no password. */
  readonly password?: string
  /** Default: /bin/sh. */
  readonly shell?: string
}

/** Needs root that may mount (`canMount`). */
export function makePrivateUsers(users: readonly PrivateUser[]): PrivateUsers {
  const directory = mkdtempSync(join(tmpdir(), 'users-'))
  chmodSync(directory, 0o711)
  const etc = join(directory, 'etc')
  // The whole of it, since a file that is mounted over a single one goes when somebody replaces that.
  execFileSync('cp', ['-a', '/etc', etc])
  writeFileSync(join(etc, 'hosts'), `127.0.0.1 localhost\n127.0.0.1 ${hostname()}\n`)
  writeFileSync(join(etc, 'nsswitch.conf'), 'passwd: files\ngroup: files\nshadow: files\nhosts: files\n')
  answerAtOnce(join(etc, 'pam.d/common-auth'))
  const uids = freeUids(users.length)
  const homes = new Map(users.map((user, index) => [user.name, makeUser(directory, user, uids[index] ?? 0)]))
  const made: PrivateUsers = {
    directory,
    within: ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', mounting, 'sh', etc],
    homeOf: (name) => homes.get(name) ?? '',
    uidOf: (name) => uids[users.findIndex((user) => user.name === name)] ?? -1,
    password: (name, password) => changePassword(join(etc, 'shadow'), name, password),
    sudoers: (...lines) => replace(join(etc, 'sudoers'), [...defaults(directory), ...lines], 0o440),
    doas: (...lines) => replace(join(etc, 'doas.conf'), lines, 0o400),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  }
  made.sudoers()
  made.doas()
  return made
}

const mounting = 'mount --bind "$1" /etc && shift && exec "$@"'

/** Otherwise a wrong password takes two seconds. */
function answerAtOnce(file: string): void {
  if (existsSync(file)) writeFileSync(file, readFileSync(file, 'utf8').replaceAll('pam_unix.so', 'pam_unix.so nodelay'))
}

/** As Debian has them, but nothing of it leaves the directory. */
function defaults(directory: string): readonly string[] {
  const path = `${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`
  return [
    `Defaults env_reset, use_pty, secure_path="${path}"`,
    `Defaults !syslog, !mail_badpass, !mail_no_user, timestampdir=${directory}/ts, lecture_status_dir=${directory}/ts`,
    'root ALL=(ALL:ALL) ALL',
  ]
}

function replace(file: string, lines: readonly string[], mode: number): void {
  rmSync(file, { force: true })
  if (lines.length > 0) writeFileSync(file, `${lines.join('\n')}\n`, { mode })
}

function makeUser(directory: string, { name, password, shell = '/bin/sh' }: PrivateUser, uid: number): string {
  const home = join(directory, 'home', name)
  mkdirSync(home, { recursive: true, mode: 0o711 })
  chmodSync(home, 0o700)
  chownSync(home, uid, uid)
  const file = (path: string): string => join(directory, 'etc', path)
  appendFileSync(file('passwd'), `${name}:x:${uid}:${uid}::${home}:${shell}\n`)
  appendFileSync(file('group'), `${name}:x:${uid}:\n`)
  appendFileSync(file('shadow'), `${name}:${password === undefined ? '*' : hashed(password)}:19000:0:99999:7:::\n`)
  return home
}

function changePassword(file: string, name: string, password: string): void {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith(`${name}:`))
  writeFileSync(file, `${lines.join('\n')}${name}:${hashed(password)}:19000:0:99999:7:::\n`)
}

/** As in /etc/shadow. */
function hashed(password: string): string {
  const script = 'print crypt(<STDIN>, q($6$salt))'
  return execFileSync('perl', ['-e', script], { input: password, encoding: 'utf8' })
}

/** Of no user of this machine, and of no other test that runs now. */
function freeUids(count: number): readonly number[] {
  const taken = new Set(
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => Number(line.split(':')[2])),
  )
  const first = 30_000 + (process.pid % 3000) * 10
  return Array.from({ length: 10 + taken.size }, (_, index) => first + index)
    .filter((uid) => !taken.has(uid))
    .slice(0, count)
}
