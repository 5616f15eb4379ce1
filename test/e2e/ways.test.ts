import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, type TestContext } from 'vitest'
import { type Lab, labFor, twoHosts } from '../helpers/lab.js'
import { canMount } from '../helpers/mounts.js'
import { build, type Exited, programIn } from '../helpers/program.js'
import { type ClientKey, makeClientKey, type SshdHost, type SshdOptions, startSshd } from '../helpers/sshd.js'
import { gone } from '../ssh/observe.js'

beforeAll(build)

/** A way to reach hosts. All that leads to them is the configuration of `ssh`: the inventory says nothing. */
interface Way {
  /** Lines of that configuration. Default: the ports of the hosts, and the key that they let in. */
  readonly config?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  /** Given with --password-fd. */
  readonly password?: string
  /** Text of known_hosts. Default: the keys of all hosts. */
  readonly knownHosts?: string
  /** Looked at when all is over. */
  readonly afterwards?: () => void
}

interface Place {
  readonly lab: Lab
  readonly test: TestContext
  /** Of this test alone. */
  readonly directory: string
  /** Configuration with the ports of the hosts. */
  readonly ports: readonly string[]
}

interface Case {
  readonly name: string
  readonly way: (place: Place) => Way | Promise<Way>
  readonly sshd?: (directory: string) => Partial<SshdOptions>
  /** Its sshd's have password files of their own. */
  readonly mounts?: boolean
}

const passphrase = 'open sesame'
const password = 'sesame'

const cases: readonly Case[] = [
  { name: 'an agent alone', way: byAgent },
  { name: 'an encrypted key, with SSH_ASKPASS asked for its passphrase once in each run', way: byAskpass },
  { name: 'ProxyJump over two hops', way: byJumps },
  { name: 'ProxyCommand', way: byProxyCommand },
  { name: 'port and user from Include and Match', way: byMatch },
  { name: 'hashed known_hosts', way: byHashes },
  { name: 'a host certificate signed by a known authority', way: byAuthority, sshd: certifiedHost },
  { name: 'a user certificate', way: byCertificate, sshd: certifiedUser },
  {
    name: 'a password from a descriptor',
    way: byPassword,
    sshd: () => ({ password: { text: password } }),
    mounts: true,
  },
]

describe('up, status, up again, down, by', () => {
  it.concurrent.for(cases)('$name', async (one, test) => {
    if (one.mounts === true && !canMount) return test.skip()
    const place = await placeFor(test, one.sshd)
    const way = await one.way(place)
    configure(place, way)
    expect((await run(place.lab, way, 'up')).stdout).toMatch(/up took/)
    expect(JSON.parse((await run(place.lab, way, 'status', '--json')).stdout)).toMatchObject({ state: 'ready' })
    expect((await run(place.lab, way, 'up')).stdout).toContain('Nothing to do')
    await run(place.lab, way, 'down')
    for (const index of place.lab.hosts.keys()) expect(place.lab.processes(index)).toEqual([])
    way.afterwards?.()
  })
})

async function placeFor(test: TestContext, sshd: Case['sshd'] = () => ({})): Promise<Place> {
  const directory = mkdtempSync(join(tmpdir(), 'ways-'))
  test.onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const options = sshd(directory)
  const lab = await labFor(test, { roles: twoHosts, sshd: () => options })
  return {
    lab,
    test,
    directory,
    ports: lab.hosts.map(({ key, sshd: { port } }) => `Match host ${key}\n  Port ${port}`),
  }
}

function configure({ lab, directory, ports }: Place, { config, knownHosts }: Way): void {
  const known = join(directory, 'known_hosts')
  writeFileSync(known, knownHosts ?? knownHostsOf(lab.hosts.map(({ sshd }) => sshd)))
  const last = ['Match all', 'IdentityAgent none', `UserKnownHostsFile ${known}`, 'GlobalKnownHostsFile none']
  const lines = [...(config ?? [...ports, 'Match all', `IdentityFile ${lab.clientKey.file}`]), ...last]
  writeFileSync(join(lab.directory, 'ssh_config'), `${lines.join('\n')}\n`)
  writeFileSync(
    join(lab.directory, 'inventory.yaml'),
    'name: lab\nrelease: standin\ntimeouts: { connect: 30s, status: 30s }\n',
  )
  rmSync(join(lab.directory, 'trueno-deploy.lock.json'))
}

async function run(lab: Lab, { env, password: given }: Way, ...argv: readonly string[]): Promise<Exited> {
  const file = join(lab.directory, 'password')
  if (given !== undefined) writeFileSync(file, `${given}\n`)
  const descriptor = given === undefined ? undefined : openSync(file, 'r')
  const program = programIn(lab, { env, descriptor })
  const exited = await program.run(...argv, ...(descriptor === undefined ? [] : ['--password-fd', '3']))
  if (descriptor !== undefined) closeSync(descriptor)
  expect(exited.code, exited.stdout + exited.stderr).toBe(0)
  return exited
}

function knownHostsOf(hosts: readonly SshdHost[]): string {
  return hosts.map(({ address, port, hostKeys }) => `[${address}]:${port} ${hostKeys[0]}\n`).join('')
}

async function byAgent({ lab, test, directory, ports }: Place): Promise<Way> {
  const socket = join(directory, 'agent')
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
  test.onTestFinished(() => void agent.kill())
  await gone(() => !existsSync(socket))
  execFileSync('ssh-add', ['-q', lab.clientKey.file], { env: { ...process.env, SSH_AUTH_SOCK: socket } })
  return {
    config: [...ports, 'Match all', 'IdentityFile none', 'IdentityAgent SSH_AUTH_SOCK'],
    env: { SSH_AUTH_SOCK: socket },
  }
}

function lock({ file }: ClientKey): void {
  execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', passphrase, '-f', file])
}

function byAskpass({ lab, directory }: Place): Way {
  lock(lab.clientKey)
  const [program, asked] = [join(directory, 'askpass'), join(directory, 'asked')]
  writeFileSync(program, `#!/bin/sh\necho "$1" >>${asked}\necho '${passphrase}'\n`, { mode: 0o755 })
  return {
    env: { SSH_ASKPASS: program },
    afterwards: () => expect(readFileSync(asked, 'utf8')).toBe(`Passphrase for ${lab.clientKey.file}: \n`.repeat(4)),
  }
}

async function byJumps({ lab, test, directory, ports }: Place): Promise<Way> {
  const start = () => startSshd({ home: directory, authorizedKey: lab.clientKey.publicKey })
  const jumps = await Promise.all([start(), start()])
  test.onTestFinished(async () => {
    for (const jump of jumps) await jump[Symbol.asyncDispose]()
  })
  const [gate, inner] = jumps.map(({ address, port }) => `${address}:${port}`)
  const keys = lab.hosts.map(({ key }) => key).join(',')
  const through = [
    `Match host ${keys}`,
    `ProxyJump ${gate},${inner}`,
    'Match all',
    `IdentityFile ${lab.clientKey.file}`,
  ]
  return {
    config: [...ports, ...through],
    knownHosts: knownHostsOf([...jumps, ...lab.hosts.map(({ sshd }) => sshd)]),
    // What the hosts saw: every login came from the last hop, which is on the way to both.
    afterwards: () => expect(jumps.every((jump) => jump.log().includes('Accepted publickey'))).toBe(true),
  }
}

function byProxyCommand({ lab, directory, ports }: Place): Way {
  const used = join(directory, 'used')
  const relay = `sh -c "echo %h >>${used}; exec node -e 's=require(\\"net\\").connect(%p,\\"%h\\");process.stdin.pipe(s).pipe(process.stdout)'"`
  return {
    config: [...ports, 'Match all', `IdentityFile ${lab.clientKey.file}`, `ProxyCommand ${relay}`],
    afterwards: () => expect(readFileSync(used, 'utf8')).toContain(lab.host(1).key),
  }
}

function byMatch({ lab, directory, ports }: Place): Way {
  const included = join(directory, 'included')
  const user = `Match originalhost ${lab.hosts.map(({ key }) => key).join(',')}\n  User ${lab.host(0).sshd.user}`
  writeFileSync(included, `${[...ports, user].join('\n')}\n`)
  const others = ['Host *', 'User nobody-of-this-name', 'Port 1', `IdentityFile ${lab.clientKey.file}`]
  return { config: [`Include ${included}`, ...others] }
}

function byHashes({ lab, directory }: Place): Way {
  const file = join(directory, 'to-be-hashed')
  writeFileSync(file, knownHostsOf(lab.hosts.map(({ sshd }) => sshd)))
  execFileSync('ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' })
  const knownHosts = readFileSync(file, 'utf8')
  expect(knownHosts).not.toContain(lab.host(0).key)
  return { knownHosts }
}

function certifiedHost(directory: string): Partial<SshdOptions> {
  return { hostCertificateBy: makeClientKey(directory, 'authority').file }
}

function byAuthority({ directory }: Place): Way {
  return { knownHosts: `@cert-authority * ${readFileSync(join(directory, 'authority.pub'), 'utf8')}` }
}

function certifiedUser(directory: string): Partial<SshdOptions> {
  return { authorizedKey: makeClientKey(directory, 'authority').publicKey, keyOptions: ['cert-authority'] }
}

function byCertificate({ lab, directory, ports }: Place): Way {
  const key = makeClientKey(directory, 'certified').file
  const { user } = lab.host(0).sshd
  execFileSync('ssh-keygen', ['-q', '-s', join(directory, 'authority'), '-I', 'me', '-n', user, `${key}.pub`])
  return { config: [...ports, 'Match all', `IdentityFile ${key}`, `CertificateFile ${key}-cert.pub`] }
}

function byPassword({ ports }: Place): Way {
  return { config: [...ports, 'Match all', 'IdentityFile none'], password }
}

describe('at a terminal', () => {
  it('a passphrase is asked for once for all hosts, and not shown; Ctrl-C there interrupts', async (test) => {
    const place = await placeFor(test)
    lock(place.lab.clientKey)
    configure(place, {})
    const question = `Passphrase for ${place.lab.clientKey.file}: `

    const answered = await typed(place.lab, 'plan --exit-code', question, `${passphrase}\r`)
    expect(answered.code, answered.shown).toBe(5)
    expect(answered.shown.split(question)).toHaveLength(2)
    expect(answered.shown).not.toContain(passphrase)

    const interrupted = await typed(place.lab, 'up', question, '\u0003')
    expect(interrupted.code, interrupted.shown).toBe(130)
    expect(interrupted.shown).toContain('up was interrupted')
    expect(interrupted.shown).not.toContain('refuses')
  })
})

/** Runs the program at a terminal of its own, and types an answer when the question is there. */
async function typed(
  lab: Lab,
  command: string,
  question: string,
  answer: string,
): Promise<{ readonly code: number | null; readonly shown: string }> {
  const { env } = programIn(lab)
  const child: ChildProcess = spawn('script', ['-qefc', `trueno-deploy ${command}`, '/dev/null'], {
    cwd: lab.directory,
    env: { ...env, TERM: 'xterm', SHELL: '/bin/sh' },
  })
  let shown = ''
  let left = answer
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    shown += text
    if (!shown.includes(question)) return
    child.stdin?.write(left)
    left = ''
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, shown }
}
