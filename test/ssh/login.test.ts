import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SshOptions } from '../../src/ssh/connect.js'
import { ConnectionError } from '../../src/ssh/errors.js'
import { freePort, loopbackAddress } from '../helpers/loopback.js'
import { type ClientKey, makeClientKey, type SshdHost, startSshd } from '../helpers/sshd.js'
import { errorOf, gone } from './observe.js'
import { clientConfig, knownHosts, type Rig, startRig } from './rig.js'

let rig: Rig
beforeAll(async () => {
  rig = await startRig((options) => startSshd({ ...options, hostKeyTypes: ['ed25519', 'ecdsa', 'rsa'] }))
})
afterAll(() => rig?.[Symbol.asyncDispose]())

interface Login extends Partial<SshOptions> {
  /** More lines of SSH configuration, before those of the rig. */
  readonly config?: string
  /** Default: the key that is let in. */
  readonly identity?: string
}

/** What `echo in` prints on the host. */
async function login({ config = '', identity = rig.key.file, ...options }: Login = {}): Promise<string> {
  const configFile = temporary('config')
  writeFileSync(configFile, `Host host\n${config}\n${clientConfig({ ...rig, identity })}`)
  await using ssh = rig.ssh('echo in', { configFile, ...options })
  await using connection = await ssh.connect('host', await ssh.resolve({ ssh: 'host' }))
  return (await connection.read('facts', [])).stdout.trim()
}

function temporary(name: string): string {
  return join(rig.directory, `${name}-${randomUUID()}`)
}

function knownHostsOf(text: string): string {
  const file = temporary('known')
  writeFileSync(file, text)
  return file
}

/** Configuration with these lines as the only known hosts. */
function knowing(text: string): string {
  return `UserKnownHostsFile ${knownHostsOf(text)}`
}

function otherKey(passphrase = ''): ClientKey {
  return makeClientKey(rig.directory, `key-${randomUUID()}`, passphrase)
}

describe('host keys', () => {
  const name = () => `[${rig.host.address}]:${rig.host.port}`
  const ofType = (type: string) => rig.host.hostKeys.find((key) => key.startsWith(type)) ?? ''

  test('an unknown key stops, and shows its fingerprint', async () => {
    const { fault, problem, hostKey } = await errorOf(login({ config: knowing('') }))
    expect(fault).toBe('host-key-unknown')
    expect(problem).toMatchObject({ code: 'host-key-unknown', host: 'host' })
    expect(problem.evidence).toMatch(/^\[127\.\S+\]:\d+ presents ED25519 SHA256:\S{43}$/)
    expect(`${hostKey?.type} ${hostKey?.key}`).toBe(ofType('ssh-ed25519'))
  })

  test.each(['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa'])(
    'a host known by %s alone is asked for that',
    async (type) => {
      expect(await login({ config: knowing(`${name()} ${ofType(type)}\n`) })).toBe('in')
    },
  )

  test('a changed key stops, and shows both fingerprints and the line of the old one', async () => {
    const file = knownHostsOf(`# mine\n${name()} ${otherKey().publicKey}\n`)
    const config = `UserKnownHostsFile ${file}\nStrictHostKeyChecking accept-new`
    const { fault, problem } = await errorOf(login({ config }))
    expect(fault).toBe('host-key-changed')
    expect(problem.evidence.split('\n')).toEqual([
      expect.stringMatching(/presents ED25519 SHA256:/),
      expect.stringMatching(new RegExp(`^known is .* ED25519 SHA256:.* \\(${file}:2\\)$`)),
    ])
  })

  test('a revoked key stops', async () => {
    const lines = knownHosts(rig.host) + rig.host.hostKeys.map((key) => `@revoked * ${key}\n`).join('')
    expect((await errorOf(login({ config: knowing(lines) }))).fault).toBe('host-key-revoked')
  })

  test('a pin is enough, and a wrong one stops', async () => {
    const pins = (key: string) => ({ keys: { [name()]: [key] }, file: 'trueno-deploy.lock.json' })
    expect(await login({ config: knowing(''), pins: pins(ofType('ssh-rsa')) })).toBe('in')
    const { fault, problem } = await errorOf(login({ config: knowing(''), pins: pins(rig.key.publicKey) }))
    expect([fault, problem.evidence.includes('trueno-deploy.lock.json')]).toEqual(['host-key-changed', true])
  })

  test('hashed names and names by an alias are found', async () => {
    const file = knownHostsOf(knownHosts(rig.host))
    execFileSync('ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' })
    expect(await login({ config: `UserKnownHostsFile ${file}` })).toBe('in')
    expect(await login({ config: `${knowing(`node1 ${ofType('ssh-ed25519')}\n`)}\nHostKeyAlias node1` })).toBe('in')
  })

  test('a host known by a certificate authority alone is told to be so', async () => {
    const { fault, problem } = await errorOf(login({ config: knowing(`@cert-authority * ${rig.key.publicKey}\n`) }))
    expect([fault, problem.cause]).toEqual(['host-key-unknown', expect.stringContaining('certificate authority')])
  })

  test('accept-new writes a new key down as ssh does, and ssh agrees', async () => {
    const file = knownHostsOf('')
    const config = `UserKnownHostsFile ${file}\nHashKnownHosts yes`
    expect(await login({ config: `${config}\nStrictHostKeyChecking accept-new` })).toBe('in')
    expect(readFileSync(file, 'utf8')).toMatch(/^\|1\|\S+ ssh-ed25519 \S+\n$/)
    expect(execFileSync('ssh-keygen', ['-F', name(), '-f', file], { encoding: 'utf8' })).toContain('found')
    expect(await login({ config })).toBe('in')
  })

  test('with checking switched off a new key is taken, a changed one is not', async () => {
    const off = (lines: string) => ({ config: `${knowing(lines)}\nStrictHostKeyChecking no` })
    expect(await login(off(''))).toBe('in')
    expect((await errorOf(login(off(`${name()} ${otherKey().publicKey}\n`)))).fault).toBe('host-key-changed')
  })
})

describe('authentication', () => {
  test('a wrong key: what was tried and what the host takes is told', async () => {
    const identity = otherKey().file
    const { fault, problem } = await errorOf(login({ config: 'IdentityFile /nowhere/key', identity }))
    expect(fault).toBe('auth-failed')
    expect(problem.evidence.split('\n')).toEqual([
      expect.stringContaining(`tried     ${identity} (SHA256:`),
      'left out  /nowhere/key: there is no such file',
      'the host takes publickey',
    ])
  })

  test('a wrong user', async () => {
    const { fault, problem } = await errorOf(login({ config: 'User nobody-here' }))
    expect([fault, problem.cause]).toEqual(['auth-failed', expect.stringContaining('nobody-here@127.')])
  })

  test('no key at all: the host is asked what it takes', async () => {
    const { fault, problem } = await errorOf(login({ identity: 'none' }))
    expect([fault, problem.evidence]).toEqual(['auth-failed', 'the host takes publickey'])
  })

  describe('with an encrypted key', () => {
    let locked: ClientKey
    beforeAll(async () => {
      locked = otherKey('open sesame')
      await authorize(locked)
    })

    test('without anybody to ask it is left out, and said', async () => {
      const { fault, problem } = await errorOf(login({ identity: locked.file }))
      expect([fault, problem.evidence]).toEqual([
        'auth-failed',
        expect.stringContaining(`${locked.file}: it needs a passphrase`),
      ])
    })

    test('the passphrase is asked for once for many hosts, and again when it was wrong', async () => {
      const questions: string[] = []
      const ask = async (question: string) => ['wrong', 'open sesame'][questions.push(question) - 1] ?? ''
      const configFile = temporary('config')
      writeFileSync(configFile, clientConfig({ ...rig, identity: locked.file }))
      await using ssh = rig.ssh('echo in', { configFile, ask })
      const hosts = ['a', 'b', 'c', 'd'].map((key) => ({ key, access: { ssh: 'host' } }))
      const opened = await ssh.openConnections(hosts)
      expect([...opened.values()].filter((one) => one instanceof ConnectionError)).toEqual([])
      expect(questions).toEqual([
        `Passphrase for ${locked.file}: `,
        `Passphrase for ${locked.file} (that was not it): `,
      ])
      for (const one of opened.values()) await (one as AsyncDisposable)[Symbol.asyncDispose]()
    })

    test('it is not asked for where another key is let in before', async () => {
      const ask = () => Promise.reject(new Error('nobody should be asked'))
      expect(await login({ config: `IdentityFile ${rig.key.file}`, identity: locked.file, ask })).toBe('in')
    })
  })

  describe('with an agent', () => {
    let agent: ChildProcess
    let socket: string
    beforeAll(async () => {
      socket = temporary('agent')
      agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
      await gone(() => !existsSync(socket))
      for (const key of [otherKey(), rig.key])
        execFileSync('ssh-add', ['-q', key.file], { env: { ...process.env, SSH_AUTH_SOCK: socket } })
    })
    afterAll(() => agent?.kill())
    const agentConfig = () => `IdentityAgent ${socket}`

    test('its keys are offered without any file', async () => {
      expect(await login({ config: agentConfig(), identity: 'none' })).toBe('in')
    })

    test('it is found by SSH_AUTH_SOCK', async () => {
      const config = 'IdentityAgent SSH_AUTH_SOCK'
      expect(await login({ config, identity: 'none', variables: { SSH_AUTH_SOCK: socket } })).toBe('in')
    })

    test('IdentitiesOnly keeps its other keys back', async () => {
      const config = `${agentConfig()}\nIdentitiesOnly yes`
      expect((await errorOf(login({ config, identity: otherKey().file }))).problem.evidence).not.toContain('agent key')
      expect(await login({ config, identity: `${rig.key.file}.pub` })).toBe('in')
    })

    test('an agent that is not there is told, and files are tried', async () => {
      const config = 'IdentityAgent /nowhere/agent'
      expect(await login({ config })).toBe('in')
      expect((await errorOf(login({ config, identity: 'none' }))).problem.evidence).toContain('agent at /nowhere/agent')
    })
  })

  /** Lets another key in too. */
  async function authorize(key: ClientKey): Promise<void> {
    appendFileSync((rig.host as SshdHost).authorizedKeysFile, `${key.publicKey}\n`)
  }
})

describe('hosts that cannot be reached', () => {
  test('refused', async () => {
    const { fault, problem } = await errorOf(login({ config: `Port ${await freePort(rig.host.address)}` }))
    expect([fault, problem.code]).toEqual(['refused', 'connection-refused'])
  })

  test('timed out: something listens and never answers', async () => {
    const address = loopbackAddress()
    const sockets: Socket[] = []
    const server = createServer((socket) => void sockets.push(socket)).listen(await freePort(address), address)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const config = `HostName ${address}\nPort ${port}`
    expect((await errorOf(login({ config, connectTimeoutMs: 200 }))).fault).toBe('timed-out')
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  test.for([
    ['says nothing', '', /within 3 s: it takes the connection and says nothing/],
    ['is an SSH server, and slow', 'SSH-2.0-busy\r\n', /within 6 s: it did not finish the login/],
  ] as const)('the limit for answers counts for what %s', async ([, says, told]) => {
    const address = loopbackAddress()
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket)
      socket.write(says)
    }).listen(await freePort(address), address)
    await once(server, 'listening')
    const config = `HostName ${address}\nPort ${(server.address() as AddressInfo).port}`
    const { problem } = await errorOf(login({ config, connectTimeoutMs: 6000, answerTimeoutMs: 3000 }))
    expect(problem.cause).toMatch(told)
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  test('something that is no SSH server', async () => {
    const address = loopbackAddress()
    const server = createServer((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(
      await freePort(address),
      address,
    )
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    expect((await errorOf(login({ config: `HostName ${address}\nPort ${port}` }))).fault).toBe('protocol')
    server.close()
  })

  test('an address outside of TRUENO_DEPLOY_ONLY is not dialled, a name not looked up', async () => {
    const causes = ['192.0.2.1', 'name.invalid'].map(
      async (name) => (await errorOf(login({ config: `HostName ${name}` }))).problem,
    )
    expect(await Promise.all(causes)).toEqual([
      expect.objectContaining({
        code: 'blocked',
        cause: expect.stringContaining('192.0.2.1 is not in 127.0.0.0/8,::1'),
      }),
      expect.objectContaining({
        code: 'blocked',
        cause: expect.stringContaining('name.invalid is a name that /etc/hosts does not have'),
      }),
    ])
  })

  test('localhost needs no look-up', async () => {
    expect((await errorOf(login({ config: `HostName localhost\nPort ${await freePort('127.0.0.1')}` }))).fault).toBe(
      'refused',
    )
  })

  test('each has its own answer, and none hides another', async () => {
    await using ssh = rig.ssh('echo in')
    const opened = await ssh.openConnections([
      { key: 'good', access: { ssh: 'host' } },
      { key: 'refused', access: { ssh: 'host', port: await freePort(rig.host.address) } },
      { key: 'blocked', access: { ssh: '192.0.2.1' } },
    ])
    const good = opened.get('good')
    expect([...opened].map(([key, one]) => [key, one instanceof ConnectionError ? one.fault : one.host])).toEqual([
      ['good', 'good'],
      ['refused', 'refused'],
      ['blocked', 'blocked'],
    ])
    if (good !== undefined && !(good instanceof ConnectionError)) await good[Symbol.asyncDispose]()
  })

  test('the signal ends connecting, and nothing stays open', async () => {
    await using ssh = rig.ssh('echo in')
    const stop = new AbortController()
    const opening = ssh.openConnections([{ key: 'a', access: { ssh: 'host' } }], { signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(opening).rejects.toThrow('enough')
  })
})

describe('logins that run something else', () => {
  test.each([
    ['a forced command', 'command="echo only this"', 'only this'],
    ['a login that sends back what it gets', 'command="cat"', 'exec sh'],
    ['a restricted shell', 'command="rbash -c \'exec sh\'"', 'restricted'],
  ])('%s is named as such', async (_, option, evidence) => {
    await using other = await startRig((options) => startSshd({ ...options, keyOptions: [option] }))
    const connection = await other.connect('echo in')
    const { fault, problem } = await errorOf(connection.read('facts', []))
    expect(fault).toBe('no-shell')
    if (evidence !== 'exec sh') expect(problem.evidence).toContain(evidence)
  })

  test.each(['fish', 'tcsh', 'busybox sh'])('%s as login shell is as good as any', async (shell) => {
    const option = `command="${shell} -c \\"$SSH_ORIGINAL_COMMAND\\""`
    await using other = await startRig((options) => startSshd({ ...options, keyOptions: [option] }))
    const connection = await other.connect('cat; echo "$1"')
    const input = async function* () {
      yield Buffer.from('data ')
    }
    expect(await connection.read('facts', ["it's"])).toEqual({ code: 0, stdout: "it's\n", stderr: '' })
    expect(await connection.run('write', ['!x \\'], { input })).toEqual({ code: 0, stdout: 'data !x \\\n', stderr: '' })
  })
})
