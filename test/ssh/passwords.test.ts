import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2, { type AuthContext } from 'ssh2'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateSshKeyPair } from '../../src/rehearsal/host-key.js'
import type { Ask } from '../../src/ssh/asking.js'
import { createSsh } from '../../src/ssh/connect.js'
import { ConnectionError } from '../../src/ssh/errors.js'
import { systemWorld } from '../../src/system-world.js'
import { loopbackAddress } from '../helpers/loopback.js'
import { loopbackOnly } from './rig.js'

const directory = mkdtempSync(join(tmpdir(), 'passwords-'))
const address = loopbackAddress()
const hostKey = generateSshKeyPair()
/** What the server does with an attempt to log in; set by each test. */
let decide: (attempt: AuthContext) => void = (attempt) => attempt.reject()

const server = new ssh2.Server({ hostKeys: [hostKey.privateKey] }, (connection) => {
  connection.on('error', () => {})
  connection.on('authentication', (attempt) => decide(attempt))
})
beforeAll(async () => {
  await once(server.listen(0, address), 'listening')
  const { port } = server.address() as AddressInfo
  writeFileSync(join(directory, 'known_hosts'), `[${address}]:${port} ${hostKey.publicKey}\n`)
  const lines = [`HostName ${address}`, `Port ${port}`, 'User me', 'IdentityFile none', 'IdentityAgent none']
  writeFileSync(
    join(directory, 'config'),
    ['Host *', ...lines, `UserKnownHostsFile ${directory}/known_hosts`].join('\n'),
  )
})
afterAll(() => {
  server.close()
  rmSync(directory, { recursive: true, force: true })
})

/** Logs in to so many hosts at once; says for each whether it was let in, else the fault. */
async function login(ask: Ask | null, count = 1): Promise<readonly string[]> {
  await using ssh = createSsh({ world: systemWorld, only: loopbackOnly, configFile: join(directory, 'config'), ask })
  const hosts = Array.from({ length: count }, (_, index) => ({ key: `h${index}`, access: { ssh: `h${index}` } }))
  const opened = [...(await ssh.openConnections(hosts)).values()]
  await Promise.all(opened.map((one) => one instanceof ConnectionError || one[Symbol.asyncDispose]()))
  return opened.map((one) => (one instanceof ConnectionError ? one.fault : 'in'))
}

/** Gives these answers, one after the other, and keeps the questions. */
function answering(...answers: readonly string[]) {
  const asked: (readonly [question: string, secret: boolean])[] = []
  const ask: Ask = async (question, { secret }) => answers[asked.push([question, secret]) - 1] ?? ''
  return { ask, asked }
}

describe('a password', () => {
  const byPassword = (attempt: AuthContext): void => {
    if (attempt.method === 'password' && attempt.password === 'sesame') attempt.accept()
    else attempt.reject(['password'])
  }

  test('is asked for once for all hosts', async () => {
    decide = byPassword
    const { ask, asked } = answering('sesame')
    expect(await login(ask, 3)).toEqual(['in', 'in', 'in'])
    expect(asked).toEqual([['Password for user me (for all hosts that ask): ', true]])
  })

  test('that is refused is asked for again, for that host', async () => {
    decide = byPassword
    const { ask, asked } = answering('wrong', 'sesame')
    expect(await login(ask)).toEqual(['in'])
    expect(asked.map(([question]) => question)).toEqual([
      'Password for user me (for all hosts that ask): ',
      expect.stringMatching(/^Password for me@127\.\S+: $/),
    ])
  })

  test('is given up after three', async () => {
    decide = byPassword
    const { ask, asked } = answering('a', 'b', 'c', 'd')
    expect([await login(ask), asked.length]).toEqual([['auth-failed'], 3])
  })

  test('is not asked for where there is nobody', async () => {
    decide = byPassword
    expect(await login(null)).toEqual(['auth-failed'])
  })

  test('that nobody gives is none', async () => {
    decide = byPassword
    expect(await login(() => Promise.reject(new Error('no terminal')))).toEqual(['auth-failed'])
  })
})

test('a host that asks its own questions gets each answer', async () => {
  decide = (attempt) => {
    if (attempt.method !== 'keyboard-interactive') return attempt.reject(['keyboard-interactive'])
    const prompts = [
      { prompt: 'Password: ', echo: false },
      { prompt: 'Token: ', echo: true },
    ]
    attempt.prompt(prompts, (answers) => (answers.join() === 'sesame,123' ? attempt.accept() : attempt.reject()))
  }
  const { ask, asked } = answering('sesame', '123')
  expect(await login(ask)).toEqual(['in'])
  expect(asked).toEqual([
    ['Password for user me (for all hosts that ask): ', true],
    [expect.stringMatching(/^me@127\.\S+: Token: $/), false],
  ])
})

test('a question that waits for its answer is no slow host', async () => {
  decide = (attempt) => (attempt.method === 'password' ? attempt.accept() : attempt.reject(['password']))
  await using ssh = createSsh({
    world: systemWorld,
    only: loopbackOnly,
    configFile: join(directory, 'config'),
    connectTimeoutMs: 5000,
    ask: async () => {
      await systemWorld.sleep(6000)
      return 'any'
    },
  })
  await using connection = await ssh.connect('h', await ssh.resolve({ ssh: 'h' }))
  expect(connection.host).toBe('h')
})
