import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Ask } from '../../src/ssh/asking.js'
import type { SshOptions } from '../../src/ssh/connect.js'
import { ConnectionError } from '../../src/ssh/errors.js'
import { canMount } from '../helpers/mounts.js'
import { type ClientKey, makeClientKey, type SshdHost, type SshdOptions, startSshd } from '../helpers/sshd.js'
import { errorOf, gone } from './observe.js'
import { clientConfig, type Rig, startRig } from './rig.js'

type Transport = 'ssh2' | 'openssh'
const transports: readonly Transport[] = ['ssh2', 'openssh']

interface Login extends Partial<SshOptions> {
  /** More lines of SSH configuration, before those of the rig. */
  readonly config?: string
  readonly identity?: string
  /** Hosts to log in to side by side, all of them the rig's. Default: 1. */
  readonly hosts?: number
}

/** What `echo in` prints on each host. */
async function login(rig: Rig, { config = '', identity = rig.key.file, hosts = 1, ...options }: Login = {}) {
  const configFile = join(rig.directory, `config-${randomUUID()}`)
  writeFileSync(configFile, `Host host\n${config}\n${clientConfig({ ...rig, identity })}`)
  await using ssh = rig.ssh('echo in', { configFile, ...options })
  const wanted = Array.from({ length: hosts }, (_, index) => ({ key: `h${index}`, access: { ssh: 'host' } }))
  const opened = [...(await ssh.openConnections(wanted)).values()]
  const printed: string[] = []
  for (const one of opened) {
    if (one instanceof ConnectionError) throw one
    printed.push((await one.read('facts', [])).stdout.trim())
    await one[Symbol.asyncDispose]()
  }
  return printed
}

/** Gives these answers, one after the other, and keeps the questions. */
function answering(...answers: readonly string[]): { readonly ask: Ask; readonly asked: string[] } {
  const asked: string[] = []
  return { asked, ask: async (question) => answers[asked.push(question) - 1] ?? '' }
}

function host(options: Partial<SshdOptions> = {}): Promise<Rig> {
  return startRig((given) => startSshd({ ...given, ...options }))
}

describe('keys', () => {
  let rig: Rig
  let agent: ChildProcess
  let socket: string
  beforeAll(async () => {
    rig = await host()
    socket = join(rig.directory, 'agent')
    agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
    await gone(() => !existsSync(socket))
  })
  afterAll(async () => {
    agent?.kill()
    await rig?.[Symbol.asyncDispose]()
  })

  function letIn(key: ClientKey): ClientKey {
    appendFileSync((rig.host as SshdHost).authorizedKeysFile, `${key.publicKey}\n`)
    return key
  }

  function keyOf(...args: readonly string[]): ClientKey {
    const file = join(rig.directory, `key-${randomUUID()}`)
    execFileSync('ssh-keygen', ['-q', ...args, '-f', file])
    return letIn({ file, publicKey: readFileSync(`${file}.pub`, 'utf8').trim() })
  }

  describe.each(transports)('by %s', (transport) => {
    test('IdentitiesOnly with an encrypted key of which the agent has the open half: the agent is asked', async () => {
      const key = letIn(makeClientKey(rig.directory, `locked-${randomUUID()}`, 'open sesame'))
      const open = join(rig.directory, `open-${randomUUID()}`)
      execFileSync('cp', [key.file, open])
      execFileSync('ssh-keygen', ['-q', '-p', '-P', 'open sesame', '-N', '', '-f', open])
      execFileSync('ssh-add', ['-q', open], { env: { ...process.env, SSH_AUTH_SOCK: socket } })
      for (const file of [open, `${key.file}.pub`]) rmSync(file)
      const config = `IdentitiesOnly yes\nIdentityAgent ${socket}`
      expect(await login(rig, { transport, config, identity: key.file })).toEqual(['in'])
    })

    test('a passphrase is asked for once for many hosts, and again, once, when it was wrong', async () => {
      const key = letIn(makeClientKey(rig.directory, `locked-${randomUUID()}`, 'open sesame'))
      const { ask, asked } = answering('wrong', 'open sesame')
      expect(await login(rig, { transport, ask, identity: key.file, hosts: 2 })).toEqual(['in', 'in'])
      expect(asked).toEqual([`Passphrase for ${key.file}: `, `Passphrase for ${key.file} (that was not it): `])
    })

    test('an encrypted key of the old format, without its public half beside it', async () => {
      const key = keyOf('-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', 'open sesame')
      rmSync(`${key.file}.pub`)
      const { ask, asked } = answering('open sesame')
      expect(await login(rig, { transport, ask, identity: key.file })).toEqual(['in'])
      expect(asked).toEqual([`Passphrase for ${key.file}: `])
      const { problem } = await errorOf(login(rig, { transport, identity: key.file }))
      expect(problem.evidence).toContain(`left out  ${key.file}: it needs a passphrase`)
    })

    test('nobody answers: nobody is asked again, and the other keys are tried', async () => {
      const key = letIn(makeClientKey(rig.directory, `locked-${randomUUID()}`, 'open sesame'))
      const { ask, asked } = answering()
      const config = `IdentityFile ${key.file}`
      expect(await login(rig, { transport, ask, config, hosts: 2 })).toEqual(['in', 'in'])
      expect(new Set(asked)).toEqual(new Set([`Passphrase for ${key.file}: `]))
    })
  })

  test('formats that ssh2 does not read, and certificates beside a key, are left to the ssh program', async () => {
    const told: string[] = []
    const onOpenSsh = (_: string, reason: string) => told.push(reason)
    const pkcs8 = keyOf('-t', 'ecdsa', '-m', 'PKCS8', '-N', '')
    expect(await login(rig, { identity: pkcs8.file, onOpenSsh })).toEqual(['in'])
    const certified = letIn(makeClientKey(rig.directory, 'certified'))
    execFileSync('ssh-keygen', ['-q', '-s', rig.key.file, '-I', 'me', '-n', 'me', `${certified.file}.pub`])
    expect(await login(rig, { identity: certified.file, onOpenSsh })).toEqual(['in'])
    expect(told).toEqual([
      `${pkcs8.file} is in a format that only the ssh program reads`,
      `${certified.file} has a certificate`,
    ])
  })
})

describe.skipIf(!canMount)('passwords', () => {
  const password = { text: 'sesame' }
  const anyKey = 'PreferredAuthentications keyboard-interactive,password'

  describe.each([
    ['by the method of that name', password],
    ['by PAM', { ...password, byPam: true }],
  ])('%s', (_, given) => {
    let rig: Rig
    beforeAll(async () => {
      rig = await host({ password: given })
    })
    afterAll(() => rig?.[Symbol.asyncDispose]())

    test.each(transports)('%s: one that was given beforehand', async (transport) => {
      const options = { transport, config: anyKey, password: 'sesame', hosts: 2 }
      expect(await login(rig, options)).toEqual(['in', 'in'])
      const { problem } = await errorOf(login(rig, { ...options, password: 'other' }))
      expect(problem.code).toBe('auth-failed')
    })

    test.each(transports)('%s: asked for once for all hosts, and again when it was wrong', async (transport) => {
      const { ask, asked } = answering('wrong', 'sesame')
      expect(await login(rig, { transport, config: anyKey, ask })).toEqual(['in'])
      expect(asked).toEqual([
        expect.stringMatching(/^Password for user \S+ \(for all hosts that ask\): $/),
        expect.stringMatching(/^Password for \S+@127\S+: $/),
      ])
      const many = answering('sesame')
      expect(await login(rig, { transport, config: anyKey, ask: many.ask, hosts: 3 })).toEqual(['in', 'in', 'in'])
      expect(many.asked).toHaveLength(1)
    })
  })

  describe.each([
    ['a key, then a password', 'publickey,password', password],
    ['a password, then a key', 'password,publickey', password],
    ['a key, then what PAM asks', 'publickey,keyboard-interactive', { ...password, byPam: true }],
    ['two keys', 'publickey,publickey', password],
  ])('a host that wants %s', (_, methods, given) => {
    test.each(transports)('%s: gets both', async (transport) => {
      await using rig = await host({ config: [`AuthenticationMethods ${methods}`], password: given })
      const second = makeClientKey(rig.directory, 'second')
      appendFileSync((rig.host as SshdHost).authorizedKeysFile, `${second.publicKey}\n`)
      const config = `IdentityFile ${rig.key.file}\nIdentityFile ${second.file}`
      expect(await login(rig, { transport, config, password: 'sesame' })).toEqual(['in'])
    })
  })

  test('a refusal tells what was tried, what nobody was there for, and what the host takes', async () => {
    await using rig = await host({ password })
    const stranger = makeClientKey(rig.directory, 'stranger').file
    const alone = await errorOf(login(rig, { identity: stranger }))
    expect(alone.problem.evidence.split('\n')).toEqual([
      expect.stringMatching(/^tried {5}\S+stranger \(SHA256:/),
      'left out  password: there is nobody to ask: no terminal, no SSH_ASKPASS, no --password-fd',
      'the host takes publickey, password',
    ])
    expect(alone.problem.remedy).toContain('--password-fd')
    const both = await errorOf(login(rig, { identity: stranger, ask: async () => 'wrong' }))
    expect(both.problem.cause).toMatch(/refuses every key and every password that was offered$/)
    expect(both.problem.evidence).toContain('tried     password, 3 times')
    const bySsh = await errorOf(login(rig, { identity: stranger, transport: 'openssh' }))
    expect(bySsh.problem.evidence).toMatch(/Permission denied \(publickey,password\).*given +\S+stranger/s)
  })
})
