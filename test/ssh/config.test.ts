import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Access } from '../../src/cluster/cluster.js'
import { UsageError } from '../../src/errors.js'
import { type ConfigEnvironment, createResolver, resolveTarget } from '../../src/ssh/config.js'
import type { SshProgram } from '../../src/ssh/ssh-settings.js'
import { describeTarget } from '../../src/ssh/target.js'

const directory = mkdtempSync(join(tmpdir(), 'ssh-config-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const { homedir, username } = userInfo()

function configFile(text: string): string {
  const file = join(directory, `config-${Math.random()}`)
  writeFileSync(file, text)
  return file
}

const noSsh: SshProgram = { settings: async () => null, defaults: async () => new Map() }

/** With the ssh of this machine, and with the parser that stands in where there is none. */
const ways: Record<string, Partial<ConfigEnvironment>> = { 'by ssh -G': {}, 'without an ssh': { program: noSsh } }

describe.each(Object.entries(ways))('%s', (way, environment) => {
  const resolve = (access: Access, text: string, variables: ConfigEnvironment['variables'] = {}) =>
    resolveTarget(access, { configFile: configFile(text), variables, offline: true, ...environment })

  test('an address without any configuration', async () => {
    expect(await resolve({ ssh: '127.0.0.1' }, '')).toMatchObject({
      name: '127.0.0.1',
      hostname: '127.0.0.1',
      port: 22,
      user: username,
      identityFilesChosen: false,
      identityAgent: null,
      jumps: [],
      proxyCommand: null,
      hostKeyAlias: null,
      strictHostKeyChecking: 'ask',
      algorithms: { kex: null, cipher: null, mac: null, hostKey: null },
      connectTimeoutMs: null,
      keepalive: { intervalMs: 10_000, countMax: 2 },
      addressFamily: 'any',
      compression: false,
      forwardAgent: null,
      methods: { publickey: true, keyboardInteractive: true, password: true },
      passwordPrompts: 3,
      notes: [],
    })
  })

  test('what is configured for an alias', async () => {
    const text = [
      'Host node1',
      '  HostName 127.0.0.7',
      '  User %u-there',
      '  Port 2222',
      '  IdentityFile ~/.ssh/%h_%r',
      '  IdentitiesOnly yes',
      `  IdentityAgent ${directory}/agent`,
      '  HostKeyAlias the-node',
      '  UserKnownHostsFile ~/.ssh/known_%h /etc/known',
      '  StrictHostKeyChecking accept-new',
      '  ConnectTimeout 7',
      '  ServerAliveInterval 5',
      '  ServerAliveCountMax 2',
      '  AddressFamily inet',
      '  BindAddress 127.0.0.9',
      '  Compression yes',
      '  SetEnv FOO=bar',
      '  PasswordAuthentication no',
      '  Ciphers aes256-ctr,aes128-ctr',
    ].join('\n')
    const target = await resolve({ ssh: 'node1' }, text)
    expect(target).toMatchObject({
      name: 'node1',
      hostname: '127.0.0.7',
      port: 2222,
      identityFilesChosen: true,
      identitiesOnly: true,
      identityAgent: `${directory}/agent`,
      hostKeyAlias: 'the-node',
      knownHosts: { user: [`${homedir}/.ssh/known_127.0.0.7`, '/etc/known'] },
      strictHostKeyChecking: 'accept-new',
      connectTimeoutMs: 7000,
      keepalive: { intervalMs: 5000, countMax: 2 },
      addressFamily: 'inet',
      bindAddress: '127.0.0.9',
      compression: true,
      environment: { FOO: 'bar' },
      methods: { password: false },
      algorithms: { cipher: ['aes256-ctr', 'aes128-ctr'] },
    })
    expect(target.identityFiles).toEqual([`${homedir}/.ssh/127.0.0.7_${target.user}`])
    expect(target.sources).toMatchObject({ port: 'SSH configuration', ciphers: 'SSH configuration' })
    expect(target.sources.passwordprompts).toBeUndefined()
  })

  test('the inventory wins, and it is known where each value is from', async () => {
    const text = 'Host node1\n  HostName 127.0.0.7\n  User there\n  Port 2222\n  IdentityFile /config\n'
    const access = { ssh: 'node1', user: 'trueno', port: 2200, identityFile: '/inventory key' }
    const target = await resolve(access, text)
    expect(describeTarget(target)).toBe('trueno@127.0.0.7:2200')
    expect(target.identityFiles[0]).toBe('/inventory key')
    expect(target.sources).toMatchObject({
      user: 'inventory',
      port: 'inventory',
      identityfile: 'inventory',
      hostname: 'SSH configuration',
    })
  })

  test('the agent is that of the session, none, or by a variable', async () => {
    const agent = async (line: string) =>
      (await resolve({ ssh: 'a' }, `Host a\n  ${line}\n`, { SSH_AUTH_SOCK: '/session', OWN: '/own' })).identityAgent
    expect([await agent(''), await agent('IdentityAgent none'), await agent('IdentityAgent $OWN')]).toEqual([
      '/session',
      null,
      '/own',
    ])
  })

  test('Include, before all blocks', async () => {
    mkdirSync(join(directory, 'conf.d'), { recursive: true })
    writeFileSync(join(directory, 'conf.d/a.conf'), 'Host node1\n  Port 2201\n')
    writeFileSync(join(directory, 'conf.d/b.conf'), 'Host node2\n  Port 2202\n')
    const text = `Include ${directory}/conf.d/*.conf\nHost *\n  Port 2200\n`
    const ports = ['node1', 'node2', 'node3'].map(async (name) => (await resolve({ ssh: name }, text)).port)
    expect(await Promise.all(ports)).toEqual([2201, 2202, 2200])
  })

  test('Match by user, with the user of the inventory', async () => {
    const text = 'Match user trueno\n  Port 2201\nHost *\n  Port 2200\n'
    expect([
      (await resolve({ ssh: 'a', user: 'trueno' }, text)).port,
      (await resolve({ ssh: 'a' }, text)).port,
    ]).toEqual([2201, 2200])
  })

  test('jump hosts: the first by its own configuration, later ones through those before', async () => {
    const text = [
      'Host gate\n  HostName 127.0.0.2\n  ProxyJump outer',
      'Host outer\n  HostName 127.0.0.3',
      'Host inner\n  HostName 127.0.0.4\n  ProxyJump elsewhere',
      'Host node1\n  ProxyJump me@gate:2201,inner',
    ].join('\n')
    const { jumps } = await resolve({ ssh: 'node1' }, text)
    expect(jumps.map((jump) => describeTarget(jump).replace(`${username}@`, ''))).toEqual([
      '127.0.0.3:22',
      'me@127.0.0.2:2201',
      '127.0.0.4:22',
    ])
    expect(jumps.flatMap((jump) => jump.jumps)).toEqual([])
    expect((await resolve({ ssh: 'node1', proxyJump: 'outer' }, text)).jumps).toHaveLength(1)
  })

  test('jump hosts in a circle are an error of the configuration', async () => {
    await expect(resolve({ ssh: 'a' }, 'Host *\n  ProxyJump gate\n')).rejects.toBeInstanceOf(UsageError)
  })

  test('a command as proxy, with its tokens', async () => {
    const text = 'Host node1\n  HostName 127.0.0.7\n  ProxyCommand nc -x proxy %h %p 100%%\n'
    expect((await resolve({ ssh: 'node1' }, text)).proxyCommand).toBe('nc -x proxy 127.0.0.7 22 100%')
  })

  if (way === 'by ssh -G') {
    test('a file that ssh does not understand is an error that names the line', async () => {
      const failure = await resolve({ ssh: 'a' }, 'Host a\n  Port many\n').catch((error) => error)
      expect(failure).toBeInstanceOf(UsageError)
      expect(failure.problems[0]).toMatchObject({
        code: 'ssh-config-invalid',
        evidence: expect.stringContaining('line 2'),
      })
    })
  } else {
    test('what cannot be resolved without an ssh is named', async () => {
      const text = 'CanonicalizeHostname yes\nHost a\n  Include other\nMatch exec "touch /nowhere/file"\n  Port 3\n'
      const target = await resolve({ ssh: 'a' }, text)
      expect([target.port, target.notes]).toEqual([
        22,
        [
          expect.stringContaining('Match exec'),
          expect.stringContaining('Canonicalize'),
          expect.stringContaining('Include'),
        ],
      ])
    })
  }
})

test('ssh is asked once for equal accesses', async () => {
  const asked: Access[] = []
  const program: SshProgram = {
    settings: async (access) => {
      asked.push(access)
      return new Map([['hostname', ['127.0.0.1']]])
    },
    defaults: async () => new Map(),
  }
  const resolve = createResolver({ variables: {}, program })
  await Promise.all([resolve({ ssh: 'a' }), resolve({ ssh: 'a' }), resolve({ ssh: 'b' })])
  expect(asked).toEqual([{ ssh: 'a' }, { ssh: 'b' }])
})
