import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSsh, type Ssh, type SshOptions } from '../../src/ssh/connect.js'
import { ConnectionError } from '../../src/ssh/errors.js'
import { systemWorld } from '../../src/system-world.js'
import { freePort } from '../helpers/loopback.js'
import { startRelay } from '../helpers/relay.js'
import { makeClientKey, type SshdHost, startSshd } from '../helpers/sshd.js'
import { errorOf, gone } from './observe.js'
import { knownHosts, loopbackOnly } from './rig.js'

const directory = mkdtempSync(join(tmpdir(), 'routes-'))
const key = makeClientKey(directory, 'id')
const configFile = join(directory, 'config')
const hosts: Record<string, SshdHost> = {}
let closedPort = 0

beforeAll(async () => {
  const names = ['gate', 'inner', 'one', 'two', 'three']
  const started = await Promise.all(names.map(() => startSshd({ home: directory, authorizedKey: key.publicKey })))
  names.forEach((name, index) => {
    hosts[name] = started[index] as SshdHost
  })
  closedPort = await freePort('127.0.0.1')
  writeFileSync(join(directory, 'known_hosts'), started.map(knownHosts).join(''))
  writeFileSync(configFile, configText())
})
afterAll(async () => {
  await Promise.all(Object.values(hosts).map((host) => host[Symbol.asyncDispose]()))
  rmSync(directory, { recursive: true, force: true })
})

function configText(): string {
  const blocks = Object.entries(hosts).map(
    ([name, { address, port }]) => `Host ${name}\n  HostName ${address}\n  Port ${port}\n`,
  )
  return [
    ...blocks,
    'Host one two three\n  ProxyJump gate,inner',
    'Host inner\n  ProxyJump nobody-asks-for-this',
    'Host dead-gate\n  HostName 127.0.0.1\n',
    `  Port ${closedPort}`,
    'Host *',
    `  IdentityFile ${key.file}`,
    '  IdentityAgent none',
    `  UserKnownHostsFile ${directory}/known_hosts`,
    '  GlobalKnownHostsFile none',
    '',
  ].join('\n')
}

function door(more = '', onLost: SshOptions['onLost'] = () => {}): Ssh {
  const file = join(directory, `config-${Math.random()}`)
  writeFileSync(file, `${more}\n${configText()}`)
  return createSsh({ world: systemWorld, only: loopbackOnly, configFile: file, scripts: async () => 'echo in', onLost })
}

async function login(ssh: Ssh, name: string): Promise<string> {
  await using connection = await ssh.connect(name, await ssh.resolve({ ssh: name }))
  return (await connection.read('facts', [])).stdout.trim()
}

/** Logins that a host has let in so far. */
function logins(name: string): number {
  return (hosts[name]?.log().match(/^Accepted publickey/gm) ?? []).length
}

describe('jump hosts', () => {
  test('many hosts behind two hops: each hop is logged in to once', async () => {
    const before = [logins('gate'), logins('inner')]
    await using ssh = door()
    const opened = await ssh.openConnections(
      ['one', 'two', 'three'].map((name) => ({ key: name, access: { ssh: name } })),
    )
    const answers = [...opened.values()].map(async (one) => {
      if (one instanceof ConnectionError) throw one
      const { stdout } = await one.read('facts', [])
      await one[Symbol.asyncDispose]()
      return stdout
    })
    expect(await Promise.all(answers)).toEqual(['in\n', 'in\n', 'in\n'])
    expect([logins('gate'), logins('inner')]).toEqual(before.map((count) => count + 1))
  })

  test('the key of the host behind is checked under its own name', async () => {
    await using ssh = door(`Host one\n  UserKnownHostsFile ${directory}/none`)
    const error = await errorOf(login(ssh, 'one'))
    expect([error.fault, error.host, error.problem.evidence]).toEqual([
      'host-key-unknown',
      'one',
      expect.stringContaining(`[${hosts.one?.address}]:${hosts.one?.port} presents`),
    ])
  })

  test('a jump host that cannot be reached is what each host behind it is told about', async () => {
    await using ssh = door('Host one two\n  ProxyJump dead-gate')
    const opened = await ssh.openConnections(['one', 'two'].map((name) => ({ key: name, access: { ssh: name } })))
    const told = [...opened].map(([name, one]) => [
      name,
      one instanceof ConnectionError && [one.fault, one.host, one.problem.cause],
    ])
    const cause = expect.stringContaining('Jump host dead-gate: 127.0.0.1 port')
    expect(told).toEqual([
      ['one', ['refused', 'one', cause]],
      ['two', ['refused', 'two', cause]],
    ])
  })

  test('a host that its jump host cannot reach is told so', async () => {
    await using ssh = door(`Host one\n  Port ${closedPort}`)
    const { fault, problem } = await errorOf(login(ssh, 'one'))
    expect([fault, problem.cause]).toEqual(['refused', expect.stringMatching(/the jump host .* cannot reach 127\./)])
  })

  test('a jump host that is lost is reached again, as are the hosts behind it', async () => {
    await using ssh = door()
    await using connection = await ssh.connect('one', await ssh.resolve({ ssh: 'one' }))
    expect((await connection.read('facts', [])).stdout).toBe('in\n')
    hosts.gate?.cut()
    expect((await connection.read('facts', [])).stdout).toBe('in\n')
  })

  test('a name behind a jump host is not looked up there when only some networks are allowed', async () => {
    await using ssh = door('Host one\n  HostName one.invalid')
    expect((await errorOf(login(ssh, 'one'))).fault).toBe('blocked')
  })
})

describe('ProxyCommand', () => {
  const relay = `node -e "const s=require('net').connect(%p,'%h');process.stdin.pipe(s).pipe(process.stdout)"`

  test('its standard input and output are the connection', async () => {
    await using ssh = door(`Host gate\n  ProxyCommand ${relay}`)
    expect(await login(ssh, 'gate')).toBe('in')
  })

  test('one that fails is told with what it said', async () => {
    await using ssh = door('Host gate\n  ProxyCommand sh -c "echo no such proxy >&2; exit 3"')
    const { fault, problem } = await errorOf(login(ssh, 'gate'))
    expect([fault, problem.evidence]).toEqual(['protocol', expect.stringContaining('no such proxy')])
  })
})

test('a host that falls silent is found out, and reached again', async () => {
  const gate = hosts.gate as SshdHost
  await using relay = await startRelay(gate)
  const lost: string[] = []
  const silent = `Host silent\n  HostName ${relay.address}\n  Port ${relay.port}\n  HostKeyAlias [${gate.address}]:${gate.port}`
  await using ssh = door(`${silent}\n  ServerAliveInterval 1\n  ServerAliveCountMax 1\n`, (_, message) =>
    lost.push(message),
  )
  await using connection = await ssh.connect('silent', await ssh.resolve({ ssh: 'silent' }))
  expect((await connection.read('facts', [])).stdout).toBe('in\n')
  relay.swallow()
  expect((await connection.read('facts', [])).stdout).toBe('in\n')
  expect(lost).toEqual([expect.stringContaining('nothing was heard of the host for 1 s')])
})

test('64 connections to one stock sshd: every one gets in', async () => {
  await using ssh = door()
  const many = Array.from({ length: 64 }, (_, index) => ({ key: `host-${index}`, access: { ssh: 'gate' } }))
  const opened = [...(await ssh.openConnections(many)).values()]
  expect(opened.filter((one) => one instanceof ConnectionError)).toEqual([])
  await Promise.all(opened.map((one) => one instanceof ConnectionError || one[Symbol.asyncDispose]()))
})

test.each(['ssh2', 'openssh'] as const)(
  'names of one sshd count together: none of its connections is dropped, %s',
  async (transport) => {
    await using sshd = await startSshd({
      home: directory,
      authorizedKey: key.publicKey,
      address: '127.0.0.1',
      config: ['MaxStartups 9:100:9'],
    })
    const names = ['127.0.0.1', 'localhost'].map((name) => knownHosts({ ...sshd, address: name }))
    appendFileSync(join(directory, 'known_hosts'), names.join(''))
    await using ssh = door()
    const many = Array.from({ length: 24 }, (_, index) => {
      const access = { ssh: index % 2 === 0 ? 'localhost' : '127.0.0.1', port: sshd.port, user: sshd.user, transport }
      return { key: `host-${index}`, access }
    })
    const opened = [...(await ssh.openConnections(many)).values()]
    expect(opened.filter((one) => one instanceof ConnectionError)).toEqual([])
    expect(sshd.log()).not.toMatch(/MaxStartups throttling|drop connection/)
    await Promise.all(opened.map((one) => one instanceof ConnectionError || one[Symbol.asyncDispose]()))
  },
)

test('16 connections to an sshd that bears one login at a time: every one gets in', async () => {
  await using narrow = await startSshd({
    home: directory,
    authorizedKey: key.publicKey,
    config: ['MaxStartups 1'],
  })
  const known = join(directory, 'known-narrow')
  writeFileSync(known, knownHosts(narrow))
  await using ssh = door(
    `Host narrow\n  HostName ${narrow.address}\n  Port ${narrow.port}\n  UserKnownHostsFile ${known}`,
  )
  const many = Array.from({ length: 16 }, (_, index) => ({ key: `host-${index}`, access: { ssh: 'narrow' } }))
  const opened = [...(await ssh.openConnections(many)).values()]
  expect(opened.filter((one) => one instanceof ConnectionError)).toEqual([])
  await Promise.all(opened.map((one) => one instanceof ConnectionError || one[Symbol.asyncDispose]()))
})

test('connections that are closed leave nothing at the host', async () => {
  await using ssh = door()
  await login(ssh, 'two')
  await gone(() => (hosts.two?.sessions() ?? 0) > 0)
})
