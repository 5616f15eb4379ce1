import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { resolveTarget } from '../../src/ssh/config.js'
import { createHostKeyStore } from '../../src/ssh/host-key-store.js'
import { createIdentityStore } from '../../src/ssh/identities.js'
import type { SshProgram } from '../../src/ssh/ssh-settings.js'
import type { Target } from '../../src/ssh/target.js'
import { needsOpenSsh } from '../../src/ssh/transport.js'

const directory = mkdtempSync(join(tmpdir(), 'ssh-options-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const { homedir } = userInfo()
const variables = { SSH_AUTH_SOCK: '/session', OWN: '/own', TEAM_A: 'a', LC_ALL: 'de', LANG: 'de' }

async function configured(lines: string, program?: SshProgram): Promise<Target> {
  const configFile = join(directory, `config-${Math.random()}`)
  writeFileSync(configFile, `Host node\n  ${lines.replaceAll('\n', '\n  ')}\n  HostName 127.0.0.7\n`)
  return resolveTarget({ ssh: 'node' }, { configFile, variables, offline: true, ...(program && { program }) })
}

const noSsh: SshProgram = { settings: async () => null, defaults: async () => new Map() }
const modern = 'sntrup761x25519-sha512@openssh.com'

/** What each option of ssh_config(5) comes to: a part of the target. */
const honoured: readonly (readonly [lines: string, target: object])[] = [
  ['', { hostname: '127.0.0.7', port: 22, transport: 'auto', onlyOpenSsh: [] }],
  ['User ada', { user: 'ada' }],
  ['Port 2222', { port: 2222 }],
  ['IdentityFile ~/.ssh/%n', { identityFiles: [`${homedir}/.ssh/node`], identityFilesChosen: true }],
  ['IdentityFile /one\nIdentityFile /two', { identityFiles: ['/one', '/two'] }],
  ['IdentitiesOnly yes', { identitiesOnly: true }],
  ['IdentityAgent none', { identityAgent: null }],
  ['IdentityAgent /agent', { identityAgent: '/agent' }],
  ['ProxyJump none', { jumps: [] }],
  ['ProxyJump ada@gate:2200,inner', { jumps: [{ user: 'ada', name: 'gate', port: 2200 }, { name: 'inner' }] }],
  ['ProxyCommand nc %h %p', { proxyCommand: 'nc 127.0.0.7 22' }],
  ['UserKnownHostsFile ~/a /b', { knownHosts: { user: [`${homedir}/a`, '/b'] } }],
  ['UserKnownHostsFile none', { knownHosts: { user: [] } }],
  ['GlobalKnownHostsFile /c /d', { knownHosts: { global: ['/c', '/d'] } }],
  ['HostKeyAlias lab', { hostKeyAlias: 'lab' }],
  ['StrictHostKeyChecking accept-new', { strictHostKeyChecking: 'accept-new' }],
  ['StrictHostKeyChecking yes', { strictHostKeyChecking: 'yes' }],
  ['StrictHostKeyChecking no', { strictHostKeyChecking: 'no' }],
  ['HashKnownHosts yes', { hashKnownHosts: true }],
  ['HashKnownHosts no', { hashKnownHosts: false }],
  ['ConnectTimeout 7', { connectTimeoutMs: 7000 }],
  ['ConnectTimeout 0', { connectTimeoutMs: null }],
  ['ServerAliveInterval 5\nServerAliveCountMax 0', { keepalive: { intervalMs: 5000, countMax: 1 } }],
  ['ServerAliveInterval 5\nServerAliveCountMax 4', { keepalive: { intervalMs: 5000, countMax: 4 } }],
  ['AddressFamily inet', { addressFamily: 'inet' }],
  ['AddressFamily inet6', { addressFamily: 'inet6' }],
  ['BindAddress 127.0.0.9', { bindAddress: '127.0.0.9', onlyOpenSsh: [] }],
  ['Compression yes', { compression: true }],
  ['Ciphers aes256-ctr', { algorithms: { cipher: ['aes256-ctr'] } }],
  ['KexAlgorithms curve25519-sha256', { algorithms: { kex: ['curve25519-sha256'] } }],
  ['HostKeyAlgorithms ssh-ed25519', { algorithms: { hostKey: ['ssh-ed25519'] } }],
  ['MACs hmac-sha2-256', { algorithms: { mac: ['hmac-sha2-256'] } }],
  ['SetEnv A=1 B=two', { environment: { A: '1', B: 'two' } }],
  ['SetEnv A="two words"', { environment: { A: 'two words' } }],
  ['SendEnv TEAM_* LANG LC_*', { environment: { TEAM_A: 'a' } }],
  ['ForwardAgent no', { forwardAgent: null }],
  ['ForwardAgent yes', { forwardAgent: '/session' }],
  ['ForwardAgent /other', { forwardAgent: '/other' }],
  ['ForwardAgent $OWN', { forwardAgent: '/own' }],
  ['PubkeyAuthentication no', { methods: { publickey: false, password: true } }],
  ['PasswordAuthentication no', { methods: { password: false, keyboardInteractive: true } }],
  ['KbdInteractiveAuthentication no', { methods: { keyboardInteractive: false } }],
  ['PreferredAuthentications password', { methods: { password: true, publickey: false, keyboardInteractive: false } }],
  ['BatchMode yes', { methods: { password: false, keyboardInteractive: false, publickey: true } }],
  ['NumberOfPasswordPrompts 1', { passwordPrompts: 1 }],
  ['GSSAPIAuthentication yes', { methods: { onlyOpenSsh: ['gssapi-with-mic'] } }],
  ['GSSAPIAuthentication no\nHostbasedAuthentication yes', { methods: { onlyOpenSsh: ['hostbased'] } }],
]

/** What only OpenSSH can do: then it is chosen, for this reason. */
const onlyOpenSsh: readonly (readonly [lines: string, reason: RegExp])[] = [
  ['CertificateFile /id-cert.pub', /^CertificateFile is configured/],
  ['BindInterface eth0', /BindInterface is configured/],
  ['BindAddress laptop.lab', /BindAddress is configured/],
  ['PKCS11Provider /usr/lib/pkcs11.so', /PKCS11Provider is configured/],
  ['SecurityKeyProvider /usr/lib/sk.so', /SecurityKeyProvider is configured/],
  ['ProxyCommand passes\nProxyUseFdpass yes', /ProxyUseFdpass is configured/],
  ['KnownHostsCommand /bin/keys %H', /KnownHostsCommand is configured/],
  ['HostName node.lab\nCheckHostIP yes', /CheckHostIP is configured/],
  ['VerifyHostKeyDNS yes', /VerifyHostKeyDNS is configured/],
  ['PubkeyAcceptedAlgorithms rsa-sha2-*,ssh-rsa', /PubkeyAcceptedAlgorithms is configured/],
  ['PubkeyAcceptedAlgorithms -rsa-sha2-256', /PubkeyAcceptedAlgorithms is configured/],
  ['RevokedHostKeys /etc/ssh/revoked', /RevokedHostKeys is configured/],
  [`KexAlgorithms ${modern}`, /of KexAlgorithms sntrup761\S+ none is known to ssh2/],
  ['MACs umac-64-etm@openssh.com', /of MACs umac\S+ none is known/],
  ['HostKeyAlgorithms ssh-ed25519-cert-v01@openssh.com', /of HostKeyAlgorithms \S+ none is known/],
]

/** What concerns a session of a person and none of ours, or what Debian configures for everybody. */
const harmless = [
  'RemoteCommand tmux attach\nRequestTTY force',
  'PermitLocalCommand yes\nLocalCommand echo hello',
  'ControlMaster auto\nControlPath ~/.ssh/%C\nControlPersist 10m',
  'SessionType none\nForkAfterAuthentication yes\nStdinNull yes',
  'LocalForward 8080 localhost:80\nDynamicForward 1080\nExitOnForwardFailure yes',
  'ForwardX11 yes\nForwardX11Trusted yes\nTunnel yes\nLogLevel QUIET\nVisualHostKey yes',
  'AddKeysToAgent yes\nUpdateHostKeys yes\nIPQoS none\nRekeyLimit 1G\nCheckHostIP yes',
  'GSSAPIAuthentication yes\nSendEnv LANG LC_*',
  `KexAlgorithms ${modern},curve25519-sha256`,
  'VerifyHostKeyDNS ask',
  'PubkeyAcceptedAlgorithms +ssh-rsa',
  'PubkeyAcceptedAlgorithms rsa-sha2-512,rsa-sha2-256,ecdsa-*,ssh-ed25519',
]

describe.each([
  ['by ssh -G', undefined],
  ['without an ssh', noSsh],
] as const)('%s', (_way, program) => {
  test.each(honoured)('%j is honoured', async (lines, target) => {
    expect(await configured(lines, program)).toMatchObject(target)
  })

  test.each(onlyOpenSsh)('%j is for OpenSSH', async (lines, reason) => {
    const target = await configured(lines, program)
    // Where there is none, it is told what is left out.
    if (program === undefined) expect(needs(target)).toMatch(reason)
    else expect([needs(target), target.notes]).toEqual([null, notesOf(lines)])
  })

  test.each(harmless)('%j changes nothing', async (lines) => {
    const target = await configured(lines, program)
    expect([needs(target), target.onlyOpenSsh, target.hostname]).toEqual([null, [], '127.0.0.7'])
  })
})

function needs(target: Target): string | null {
  return needsOpenSsh(target, { hostKeys: createHostKeyStore(), identities: createIdentityStore(null) })
}

/** Algorithms fail by themselves. */
function notesOf(lines: string): readonly unknown[] {
  const keyword = lines.split('\n').at(-1)?.split(' ')[0] ?? ''
  return /^(?:Kex|HostKey)Algorithms|MACs/.test(keyword) ? [] : [expect.stringContaining(`\`${keyword}\` is left out`)]
}
