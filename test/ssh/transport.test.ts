import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SshOptions } from '../../src/ssh/connect.js'
import { createHostKeyStore } from '../../src/ssh/host-key-store.js'
import { createIdentityStore } from '../../src/ssh/identities.js'
import { masterScript } from '../../src/ssh/openssh-master.js'
import { needsOpenSsh } from '../../src/ssh/transport.js'
import { startAgent } from '../helpers/agent.js'
import { freePort, loopbackAddress } from '../helpers/loopback.js'
import { type ClientKey, makeClientKey, type SshdHost, startSshd } from '../helpers/sshd.js'
import { errorOf, gone, processesWith } from './observe.js'
import { clientConfig, knownHosts, type Rig, startRig, type TestHost } from './rig.js'

let rig: Rig
/** An authority that signs keys of hosts and of users. */
let authority: string
beforeAll(async () => {
  rig = await startRig((options) => {
    const ca = makeClientKey(join(options.home, '..'), 'ca')
    authority = ca.file
    return startSshd({
      ...options,
      keyOptions: [],
      config: [`TrustedUserCAKeys ${ca.file}.pub`],
      hostCertificateBy: ca.file,
    })
  })
})
afterAll(() => rig?.[Symbol.asyncDispose]())

/** A configuration with more lines before those of the rig. */
function configured(lines: string, identity = rig.key.file): string {
  const file = join(rig.directory, `config-${Math.random()}`)
  writeFileSync(file, `Host host\n${lines}\n${clientConfig({ ...rig, identity })}`)
  return file
}

/** A key that the host takes for its certificate alone. */
function certifiedKey(name: string): ClientKey {
  const key = makeClientKey(rig.directory, name)
  const { user } = rig.host as SshdHost
  execFileSync('ssh-keygen', ['-q', '-s', authority, '-I', 'me', '-n', user, `${key.file}.pub`])
  return key
}

function knownHostsFile(text: string): string {
  const file = join(rig.directory, `known-${Math.random()}`)
  writeFileSync(file, text)
  return `UserKnownHostsFile ${file}`
}

async function login(configFile: string, options: Partial<SshOptions> = {}): Promise<string> {
  await using ssh = rig.ssh('echo in', { configFile, ...options })
  await using connection = await ssh.connect('host', await ssh.resolve({ ssh: 'host' }))
  return (await connection.read('facts', [])).stdout.trim()
}

async function reason(configFile: string): Promise<string | null> {
  await using ssh = rig.ssh('', { configFile })
  const target = await ssh.resolve({ ssh: 'host' })
  return needsOpenSsh(target, { hostKeys: createHostKeyStore(), identities: createIdentityStore(null) })
}

describe('what ssh2 cannot do is done by OpenSSH', () => {
  test('nothing of the kind', async () => {
    expect(await reason(configured(''))).toBeNull()
  })

  test('a host certificate signed by a known authority', async () => {
    const config = configured(knownHostsFile(`@cert-authority * ${readFileSync(`${authority}.pub`, 'utf8')}`))
    expect(await reason(config)).toBe('the host is known by a certificate authority alone')
    expect(await login(config)).toBe('in')
  })

  test('a host certificate, where an old plain key of the host is known too', async () => {
    const oldKey = `[${rig.host.address}]:${rig.host.port} ${rig.key.publicKey}`
    const trusted = readFileSync(`${authority}.pub`, 'utf8')
    const told: string[] = []
    const options = { onOpenSsh: (_: string, why: string) => told.push(why) }
    expect(await login(configured(knownHostsFile(`${oldKey}\n@cert-authority * ${trusted}`)), options)).toBe('in')
    expect(told).toEqual(['a certificate authority may vouch for the new key of the host'])
    const strange = configured(knownHostsFile(`${oldKey}\n@cert-authority * ${rig.key.publicKey}`))
    await expect(login(strange)).rejects.toMatchObject({ fault: 'host-key-changed' })
  })

  test('a user certificate', async () => {
    const key = certifiedKey('certified')
    const config = configured(`CertificateFile ${key.file}-cert.pub`, key.file)
    expect(await reason(config)).toBe('CertificateFile is configured')
    const told: string[] = []
    expect(await login(config, { onOpenSsh: (host, why) => told.push(`${host}: ${why}`) })).toBe('in')
    expect(told).toEqual(['host: CertificateFile is configured'])
  })

  test('algorithms that it does not know', async () => {
    const config = configured('KexAlgorithms sntrup761x25519-sha512@openssh.com')
    expect(await reason(config)).toContain('KexAlgorithms')
    expect(await login(config)).toBe('in')
  })

  test('a certificate beside the key, as ssh finds it by itself', async () => {
    const key = certifiedKey('beside')
    expect(await reason(configured('', key.file))).toBe(`${key.file} has a certificate`)
    expect(await login(configured('', key.file))).toBe('in')
  })

  test('a certificate that only the agent has, once the host has refused the rest', async () => {
    const key = certifiedKey('in-agent')
    await using agent = await startAgent()
    agent.add(key.file)
    rmSync(key.file)
    rmSync(`${key.file}-cert.pub`)
    const config = configured(`IdentityAgent ${agent.socket}\nIdentitiesOnly no`, key.file)
    expect(await reason(config)).toBeNull()
    const told: string[] = []
    expect(await login(config, { onOpenSsh: (_, why) => told.push(why) })).toBe('in')
    expect(told).toEqual(['the agent has a key of type ssh-ed25519-cert-v01@openssh.com'])
    expect((await errorOf(login(config, { transport: 'ssh2' }))).fault).toBe('auth-failed')
  })

  test('a host that takes none of the algorithms of ssh2', async () => {
    const home = join(rig.directory, 'home')
    const config = ['KexAlgorithms sntrup761x25519-sha512@openssh.com']
    await using host = await startSshd({ home, authorizedKey: rig.key.publicKey, config })
    writeFileSync(join(rig.directory, 'modern'), knownHosts(host))
    const place = `HostName ${host.address}\nPort ${host.port}\nUserKnownHostsFile ${rig.directory}/modern`
    const told: string[] = []
    expect(await login(configured(place), { onOpenSsh: (_, why) => told.push(why) })).toBe('in')
    expect(told).toEqual([expect.stringContaining('no matching key exchange')])
    expect(await errorOf(login(configured(place), { transport: 'ssh2' }))).toMatchObject({
      fault: 'protocol',
      problem: { evidence: expect.stringContaining('no matching key exchange') },
    })
  })

  test('a key in a device', async () => {
    const file = join(rig.directory, 'id_sk')
    const blob = (...parts: string[]) =>
      Buffer.concat(parts.flatMap((part) => [Buffer.from([0, 0, 0, part.length]), Buffer.from(part)]))
    const publicPart = blob('sk-ssh-ed25519@openssh.com', 'x'.repeat(32), 'ssh:')
    const length = Buffer.from([0, 0, 0, publicPart.length])
    const body = Buffer.concat([
      Buffer.from('openssh-key-v1\0'),
      blob('none', 'none', ''),
      Buffer.from([0, 0, 0, 1]),
      length,
      publicPart,
    ])
    writeFileSync(
      file,
      `-----BEGIN OPENSSH PRIVATE KEY-----\n${body.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`,
    )
    expect(await reason(configured('', file))).toBe(`${file} is a hardware key`)
  })
})

describe('by OpenSSH through a jump host', () => {
  const names = (host: TestHost) => `[${host.address}]:${host.port}`

  test('which is reached once for all, by its own transport and pins', async () => {
    await using gate = await startSshd({ home: rig.home, authorizedKey: rig.key.publicKey })
    const block = `ProxyJump gate\nUserKnownHostsFile none\nHost gate\nHostName ${gate.address}\nPort ${gate.port}\nUserKnownHostsFile none`
    const pins = {
      keys: { [names(gate)]: gate.hostKeys, [names(rig.host)]: rig.host.hostKeys },
      file: 'trueno-deploy.lock.json',
    }
    await using ssh = rig.ssh('echo in', { configFile: configured(block), pins })
    const target = { ...(await ssh.resolve({ ssh: 'host' })), transport: 'openssh' } as const
    const connections = await Promise.all(['one', 'two', 'three'].map((name) => ssh.connect(name, target)))
    const said = await Promise.all(connections.map((one) => one.read('facts', [])))
    expect(said.map(({ stdout }) => stdout)).toEqual(['in\n', 'in\n', 'in\n'])
    expect(gate.log().match(/^Accepted publickey/gm)).toHaveLength(1)
    for (const one of connections) await one[Symbol.asyncDispose]()
  })

  test('whose key is not known: it is told under its own name', async () => {
    await using gate = await startSshd({ home: rig.home, authorizedKey: rig.key.publicKey })
    const block = `ProxyJump gate\nHost gate\nHostName ${gate.address}\nPort ${gate.port}`
    const error = await errorOf(login(configured(block), { transport: 'openssh' }))
    expect([error.fault, error.hostKey?.name]).toEqual(['host-key-unknown', names(gate)])
  })

  test('that cannot reach the host', async () => {
    await using gate = await startSshd({ home: rig.home, authorizedKey: rig.key.publicKey })
    writeFileSync(rig.knownHostsFile, knownHosts(gate), { flag: 'a' })
    const port = await freePort(rig.host.address)
    const block = `Port ${port}\nProxyJump gate\nHost gate\nHostName ${gate.address}\nPort ${gate.port}`
    const { fault, problem } = await errorOf(login(configured(block), { transport: 'openssh' }))
    expect([fault, problem.cause]).toEqual(['refused', expect.stringMatching(/the jump host .* cannot reach/)])
  })
})

describe('by OpenSSH', () => {
  const openssh = (config: string, options: Partial<SshOptions> = {}) =>
    errorOf(login(config, { transport: 'openssh', ...options }))

  test('an unknown key stops, and shows its fingerprint', async () => {
    const { fault, problem, hostKey } = await openssh(configured(knownHostsFile('')))
    expect([fault, problem.evidence, hostKey?.type]).toEqual([
      'host-key-unknown',
      expect.stringContaining('SHA256:'),
      'ssh-ed25519',
    ])
  })

  test('a changed key stops, whatever the configuration says', async () => {
    const { address, port } = rig.host
    const line = `[${address}]:${port} ${rig.key.publicKey}\n`
    const { fault, problem } = await openssh(configured(`${knownHostsFile(line)}\nStrictHostKeyChecking no`))
    expect([fault, problem.evidence]).toEqual(['host-key-changed', expect.stringMatching(/presents[\s\S]*known is/)])
  })

  test('a pin is enough', async () => {
    const keys = { [`[${rig.host.address}]:${rig.host.port}`]: [...rig.host.hostKeys] }
    const pins = { keys, file: 'trueno-deploy.lock.json' }
    expect(await login(configured(knownHostsFile('')), { transport: 'openssh', pins })).toBe('in')
  })

  test('a wrong key', async () => {
    const { fault, problem } = await openssh(configured('', makeClientKey(rig.directory, 'wrong').file))
    expect([fault, problem.evidence]).toEqual(['auth-failed', expect.stringContaining('Permission denied')])
  })

  test('refused', async () => {
    expect((await openssh(configured(`Port ${await freePort(rig.host.address)}`))).fault).toBe('refused')
  })

  test('timed out', async () => {
    const address = loopbackAddress()
    const sockets: Socket[] = []
    const server = createServer((socket) => void sockets.push(socket)).listen(await freePort(address), address)
    await once(server, 'listening')
    const port = (server.address() as { port: number }).port
    expect((await openssh(configured(`HostName ${address}\nPort ${port}`), { connectTimeoutMs: 300 })).fault).toBe(
      'timed-out',
    )
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  test('outside of the allowed networks', async () => {
    expect((await openssh(configured('HostName 192.0.2.1'))).fault).toBe('blocked')
  })

  test('where some networks alone are allowed, no resolver is asked for fingerprints', async () => {
    const configFile = configured('VerifyHostKeyDNS yes')
    await using ssh = rig.ssh('true', { configFile })
    await using _connection = await ssh.connect('host', await ssh.resolve({ ssh: 'host' }))
    const [master] = processesWith(configFile)
    expect(readFileSync(`/proc/${master}/cmdline`, 'utf8')).toContain('VerifyHostKeyDNS=no')
  })

  test('what the configuration has for sessions of people is left alone', async () => {
    const lines = [
      'RemoteCommand echo remote\nRequestTTY force\nPermitLocalCommand yes\nLocalCommand echo local',
      'ControlMaster auto\nControlPath /nowhere/%C\nControlPersist 10m\nSessionType default\nStdinNull yes',
      'ForkAfterAuthentication yes\nLocalForward 1 localhost:1\nExitOnForwardFailure yes\nTunnel yes',
      'NoHostAuthenticationForLocalhost yes\nLogLevel QUIET',
    ].join('\n')
    for (const transport of ['openssh', 'ssh2'] as const)
      expect(await login(configured(lines), { transport }), transport).toBe('in')
    const { fault } = await openssh(configured(`${lines}\n${knownHostsFile('')}`))
    expect(fault).toBe('host-key-unknown')
  })

  test('the agent is forwarded where that is configured, and nowhere else', async () => {
    await using agent = await startAgent()
    const script = 'echo "$' + '{SSH_AUTH_SOCK:+forwarded}"'
    const forwarded = async (transport: 'openssh' | 'ssh2', lines: string) => {
      const variables = { SSH_AUTH_SOCK: agent.socket }
      await using ssh = rig.ssh(script, { configFile: configured(lines), transport, variables })
      await using connection = await ssh.connect('host', await ssh.resolve({ ssh: 'host' }))
      return (await connection.read('facts', [])).stdout.trim()
    }
    for (const transport of ['openssh', 'ssh2'] as const)
      expect([
        await forwarded(transport, `IdentityAgent ${agent.socket}\nForwardAgent yes`),
        await forwarded(transport, `IdentityAgent ${agent.socket}\nForwardAgent ${agent.socket}`),
        await forwarded(transport, ''),
      ]).toEqual(['forwarded', 'forwarded', ''])
  })

  test('what holds the connection ends with us, also when we are killed', async () => {
    const directory = mkdtempSync(join(rig.directory, 'master-'))
    const args = ['-c', masterScript, 'sh', directory, '-M', '-S', `${directory}/s`, '-N', '-F', rig.configFile, 'host']
    const program = `
      require('node:child_process').spawn('/bin/sh', ${JSON.stringify(args)}, { stdio: ['pipe', 'inherit', 'inherit'], detached: true })
      setInterval(() => {}, 1000)`
    const us = spawn(process.execPath, ['-e', program], { stdio: 'inherit' })
    await gone(() => !existsSync(`${directory}/s`))
    us.kill('SIGKILL')
    await gone(() => processesWith(directory).length > 0 || existsSync(directory))
  })
})
