import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SshOptions } from '../../src/ssh/connect.js'
import { type Agent, startAgent } from '../helpers/agent.js'
import { freePort, loopbackAddress } from '../helpers/loopback.js'
import { startRelay } from '../helpers/relay.js'
import { makeClientKey, type SshdHost, startSshd } from '../helpers/sshd.js'
import { errorOf, gone } from './observe.js'
import { clientConfig, knownHosts, type Rig, startRig } from './rig.js'

/** What options of ssh_config(5) come to at a real sshd, whoever speaks SSH to it. */
describe.each(['ssh2', 'openssh'] as const)('honoured by %s', (transport) => {
  let rig: Rig
  let agent: Agent
  beforeAll(async () => {
    rig = await startRig((options) =>
      startSshd({ ...options, hostKeyTypes: ['ed25519', 'ecdsa'], config: ['LogLevel DEBUG1'] }),
    )
    agent = await startAgent()
    agent.add(rig.key.file)
  })
  afterAll(async () => {
    await agent?.[Symbol.asyncDispose]()
    await rig?.[Symbol.asyncDispose]()
  })

  /** A configuration with more lines before those of the rig. */
  const configured = (lines: string, identity = rig.key.file): string => {
    const file = join(rig.directory, `config-${Math.random()}`)
    writeFileSync(file, `Host host\n${lines}\n${clientConfig({ ...rig, identity })}`)
    return file
  }
  const login = async (configFile: string, options: Partial<SshOptions> = {}): Promise<void> => {
    await using ssh = rig.ssh('true', { configFile, transport, ...options })
    await using connection = await ssh.connect('host', await ssh.resolve({ ssh: 'host' }))
    await connection.read('facts', [])
  }
  /** What sshd logs of one login, up to its success. */
  const logOf = async (lines: string): Promise<string> => {
    const log = () => (rig.host as SshdHost).log()
    const before = log().length
    await login(configured(lines))
    await gone(() => !/^Accepted publickey/m.test(log().slice(before)))
    return log().slice(before)
  }
  const file = (name: string, text: string): string => {
    const path = join(rig.directory, `${name}-${Math.random()}`)
    writeFileSync(path, text)
    return path
  }

  test.each([
    ['Ciphers aes256-ctr', 'client->server cipher: aes256-ctr '],
    ['Ciphers aes128-ctr\nMACs hmac-sha2-512', 'MAC: hmac-sha2-512 '],
    ['KexAlgorithms ecdh-sha2-nistp384', 'kex: algorithm: ecdh-sha2-nistp384'],
    ['HostKeyAlgorithms ecdsa-sha2-nistp256', 'kex: host key algorithm: ecdsa-sha2-nistp256'],
    ['HostKeyAlgorithms ssh-ed25519', 'kex: host key algorithm: ssh-ed25519'],
    ['Compression yes', 'compression: zlib@openssh.com'],
    ['Compression no', 'compression: none'],
    ['BindAddress 127.99.99.99', 'Connection from 127.99.99.99 port'],
    ['AddressFamily inet', 'Connection from 127.'],
  ])('%j', async (lines, logged) => {
    expect(await logOf(lines)).toContain(logged)
  })

  test('AddressFamily inet6: an IPv4 address is not dialled', async () => {
    expect((await errorOf(login(configured('AddressFamily inet6')))).fault).toBe('name-not-found')
  })

  test('GlobalKnownHostsFile', async () => {
    const known = file('global', knownHosts(rig.host))
    const unknown = 'UserKnownHostsFile none'
    await login(configured(`${unknown}\nGlobalKnownHostsFile ${known}`))
    expect((await errorOf(login(configured(unknown)))).fault).toBe('host-key-unknown')
  })

  test.each([
    ['yes', /^\|1\|[^|]+\|\S+ ssh-ed25519 \S+\n$/],
    ['no', /^\[127\.\S+\]:\d+ ssh-ed25519 \S+\n$/],
  ])('HashKnownHosts %s', async (hash, written) => {
    const known = file('known', '')
    const accept = `HostKeyAlgorithms ssh-ed25519\nStrictHostKeyChecking accept-new\nUserKnownHostsFile ${known}`
    await login(configured(`${accept}\nHashKnownHosts ${hash}`))
    expect(readFileSync(known, 'utf8')).toMatch(written)
    await login(configured(`UserKnownHostsFile ${known}`))
  })

  test('HostKeyAlias', async () => {
    const [key] = rig.host.hostKeys
    const known = file('alias', `lab ${key}\n`)
    await login(configured(`UserKnownHostsFile ${known}\nHostKeyAlias lab`))
    expect((await errorOf(login(configured(`UserKnownHostsFile ${known}`)))).fault).toBe('host-key-unknown')
  })

  test('IdentitiesOnly', async () => {
    const other = makeClientKey(rig.directory, `other-${transport}`)
    const lines = `IdentityAgent ${agent.socket}\nIdentitiesOnly`
    await login(configured(`${lines} no`, other.file))
    expect((await errorOf(login(configured(`${lines} yes`, other.file)))).fault).toBe('auth-failed')
  })

  test('ConnectTimeout', async () => {
    const address = loopbackAddress()
    const sockets: Socket[] = []
    const server = createServer((socket) => sockets.push(socket))
    const port = await freePort(address)
    await new Promise<void>((resolve) => server.listen(port, address, resolve))
    const lines = `HostName ${address}\nPort ${port}\nConnectTimeout 1`
    const { fault } = await errorOf(login(configured(lines), { connectTimeoutMs: 3_600_000 }))
    expect(fault).toBe('timed-out')
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  test('ServerAliveInterval and ServerAliveCountMax: a host that falls silent is found out, and reached again', async () => {
    await using relay = await startRelay(rig.host)
    const { address, port } = rig.host
    const place = `HostName ${relay.address}\nPort ${relay.port}\nHostKeyAlias [${address}]:${port}`
    const lost: string[] = []
    await using ssh = rig.ssh('echo in', {
      configFile: configured(`${place}\nServerAliveInterval 1\nServerAliveCountMax 1`),
      transport,
      onLost: (_, message) => lost.push(message),
    })
    await using connection = await ssh.connect('host', await ssh.resolve({ ssh: 'host' }))
    await connection.read('facts', [])
    relay.swallow()
    expect((await connection.read('facts', [])).stdout).toBe('in\n')
    expect(lost).toHaveLength(1)
  })

  test.each([
    ['plain', 'one'],
    ['with spaces and quotes', `say "hi" to 'them'`],
    ['with a backslash', 'a\\b'],
    ['with what looks like an option', '--x=%h $HOME'],
  ])('SetEnv, %s', async (_what, value) => {
    const configFile = configured(`SetEnv TRUENO_TEST_A="${value.replace(/["\\]/g, '\\$&')}"`)
    const connection = await rig.connect('printf "%s" "$TRUENO_TEST_A"', { configFile, transport })
    expect((await connection.read('facts', [])).stdout).toBe(value)
  })

  test('SendEnv, but for the language', async () => {
    const configFile = configured('SendEnv LANG TRUENO_TEST_*')
    const variables = { LANG: 'tlh_KX', TRUENO_TEST_A: 'two "words"', OTHER: 'x' }
    const connection = await rig.connect('echo "$TRUENO_TEST_A,$LANG,$OTHER"', { configFile, transport, variables })
    expect((await connection.read('facts', [])).stdout).not.toContain('tlh_KX')
    expect((await connection.read('facts', [])).stdout).toMatch(/^two "words",.*,\n$/)
  })
})

describe('PubkeyAcceptedAlgorithms', () => {
  let rig: Rig
  beforeAll(async () => {
    rig = await startRig(startSshd)
  })
  afterAll(() => rig?.[Symbol.asyncDispose]())

  const lines = 'Host host\nPubkeyAcceptedAlgorithms rsa-sha2-512\n'
  const reach = async (transport: 'auto' | 'ssh2') => {
    const configFile = join(rig.directory, `config-${transport}`)
    writeFileSync(configFile, `${lines}${readFileSync(rig.configFile, 'utf8')}`)
    const notes: string[] = []
    await using ssh = rig.ssh('true', { configFile, transport, onReaching: (_, told) => notes.push(...told.notes) })
    const outcome = await ssh.connect('host', await ssh.resolve({ ssh: 'host' })).then(
      async (connection) => {
        await connection[Symbol.asyncDispose]()
        return 'in'
      },
      (error) => error.fault,
    )
    return { outcome, notes }
  }

  test('a key of another kind is not offered: OpenSSH is chosen', async () => {
    expect(await reach('auto')).toEqual({ outcome: 'auth-failed', notes: [] })
  })

  test('where ssh2 is asked for, it is told that it is left out', async () => {
    const told = '`PubkeyAcceptedAlgorithms` is left out: that needs the transport openssh'
    expect(await reach('ssh2')).toEqual({ outcome: 'in', notes: [told] })
  })
})
