import { execFileSync } from 'node:child_process'
import { appendFileSync, chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Machine } from './namespace-machine.js'
import type { Mount, Network } from './namespaces.js'

/** A machine of a network that one can log in to: a real sshd on port 22, and a user that this machine knows nothing of. */
export interface NamespaceHost extends Machine {
  /** Where the user's home is, seen from outside. */
  readonly home: string
  /** Programs of the user. */
  ofUser(): ReturnType<Machine['processes']>
}

export interface NamespaceHostOptions {
  /** Empty directory for its files, the user's home among them; its own. */
  readonly directory: string
  /** Last byte of its address. */
  readonly number: number
  /** Public key that is let in, `type base64`. */
  readonly authorizedKey: string
  /** More places of its own. */
  readonly mounts?: readonly Mount[]
  /** Lines of /etc/hosts besides those of localhost and itself. */
  readonly hosts?: readonly string[]
  /** More lines of sshd_config. */
  readonly config?: readonly string[]
}

/** Who logs in to namespace hosts. */
export const namespaceUser = 'trueno'

/** Empty on every host, besides /tmp and /run: a place for what a test shows its hosts. */
export const sharedPlace = '/srv'

export async function addHost(network: Network, options: NamespaceHostOptions): Promise<NamespaceHost> {
  const { directory, number, mounts = [] } = options
  const name = `host${number}`
  const uid = freeUid()
  const file = (path: string): string => join(directory, path)
  makeFiles(file, uid, options)
  const machine = await network.add({
    name,
    number,
    mounts: [
      { at: sharedPlace },
      ...mounts,
      { at: join(sharedPlace, 'sshd'), from: file('sshd') },
      { at: '/etc', from: file('etc') },
      { at: '/home', from: file('home') },
      { at: '/run' },
      { at: '/tmp' },
    ],
  })
  writeFileSync(file('etc/hosts'), hostsFile(machine, options))
  await startSshd(machine)
  return {
    ...machine,
    home: file(join('home', namespaceUser)),
    ofUser: () => machine.processes().filter((process) => process.uid === uid),
  }
}

/** A user that exists on the host only, so that this machine needs none. */
function makeFiles(file: (path: string) => string, uid: number, { authorizedKey, config = [] }: NamespaceHostOptions) {
  const home = file(join('home', namespaceUser))
  mkdirSync(home, { recursive: true })
  chownSync(home, uid, uid)
  mkdirSync(file('sshd'))
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file('sshd/key')])
  writeFileSync(file('sshd/authorized_keys'), `${authorizedKey}\n`)
  writeFileSync(file('sshd/config'), `${[...config, ...serverConfig].join('\n')}\n`)
  // The whole directory, since a file that is mounted over a single one of them goes when somebody replaces that.
  execFileSync('cp', ['-a', '/etc', file('etc')])
  for (const secret of secrets) rmSync(file(join('etc', secret)), { recursive: true, force: true })
  appendFileSync(file('etc/passwd'), `${namespaceUser}:*:${uid}:${uid}::/home/${namespaceUser}:/bin/bash\n`)
  appendFileSync(file('etc/group'), `${namespaceUser}:*:${uid}:\n`)
}

const secrets = ['shadow', 'shadow-', 'gshadow', 'gshadow-', 'ssh', 'ssl/private']

const serverConfig = [
  'ListenAddress 0.0.0.0:22',
  `HostKey ${sharedPlace}/sshd/key`,
  `AuthorizedKeysFile ${sharedPlace}/sshd/authorized_keys`,
  'StrictModes no',
  'UsePAM no',
  'PidFile none',
  'PasswordAuthentication no',
  'KbdInteractiveAuthentication no',
]

function hostsFile({ name, address }: Machine, { hosts = [] }: NamespaceHostOptions): string {
  return `${['127.0.0.1 localhost', '::1 localhost', `${address} ${name}`, ...hosts].join('\n')}\n`
}

async function startSshd(machine: Machine): Promise<void> {
  await machine.run(['mkdir', '-p', '-m', '755', '/run/sshd'])
  const command = ['/usr/sbin/sshd', '-D', '-e', '-f', `${sharedPlace}/sshd/config`]
  const server = machine.spawn(command, { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  const lines: string[] = []
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: server.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      lines.push(line)
      if (line.startsWith('Server listening on')) resolve()
    })
    server.once('error', reject)
    server.once('exit', () => reject(new Error(`sshd of ${machine.name} ended:\n${lines.join('\n')}`)))
  })
}

/** Of no user of this machine. */
function freeUid(): number {
  const taken = new Set(
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => Number(line.split(':')[2])),
  )
  let uid = 20_770
  while (taken.has(uid)) uid += 1
  return uid
}
