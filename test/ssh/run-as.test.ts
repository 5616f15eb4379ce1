import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { RunAs } from '../../src/cluster/cluster.js'
import { startEmbeddedHost } from '../../src/rehearsal/embedded-server.js'
import type { Ask } from '../../src/ssh/asking.js'
import type { Connection } from '../../src/ssh/connection.js'
import { quote } from '../../src/ssh/quote.js'
import { systemWorld } from '../../src/system-world.js'
import { loopbackAddress } from '../helpers/loopback.js'
import { canMount } from '../helpers/mounts.js'
import { makePrivateUsers, type PrivateUsers } from '../helpers/private-users.js'
import { startSshd } from '../helpers/sshd.js'
import { errorOf } from './observe.js'
import { type Rig, startRig } from './rig.js'

const password = 'Sesame-4711'
const free = 'deploy ALL=(elastic) NOPASSWD: ALL'
const asking = 'deploy ALL=(elastic) ALL'

describe.skipIf(!canMount)('becoming another user on a host', () => {
  let users: PrivateUsers
  let rig: Rig
  beforeAll(async () => {
    users = makePrivateUsers([
      { name: 'deploy', password },
      { name: 'fisher', password, shell: '/usr/bin/fish' },
      { name: 'cshell', password, shell: '/usr/bin/tcsh' },
      { name: 'elastic', shell: '/usr/sbin/nologin' },
    ])
    const { within } = users
    rig = await startRig(({ authorizedKey }) =>
      startSshd({ home: users.homeOf('deploy'), authorizedKey, user: 'deploy', within }),
    )
  })
  afterAll(async () => {
    await rig?.[Symbol.asyncDispose]()
    users?.[Symbol.dispose]()
  })
  beforeEach(() => {
    users.sudoers(`Defaults logfile=${log()}`)
    users.doas()
    writeFileSync(log(), '')
  })

  const log = (): string => join(users.directory, 'sudo.log')
  const rules = (...lines: readonly string[]): void => users.sudoers(`Defaults logfile=${log()}`, ...lines)
  const wrongTries = (): number => {
    const counts = [
      ...readFileSync(log(), 'utf8')
        .replace(/\n +/g, ' ')
        .matchAll(/(\d+) incorrect password/g),
    ]
    return counts.reduce((sum, [, count]) => sum + Number(count), 0)
  }

  interface Given {
    readonly runAs?: RunAs
    readonly user?: string
    readonly ask?: Ask | null
    readonly script?: string
  }

  const connectAll = async (count: number, given: Given) => {
    const { runAs = { user: 'elastic' }, user = 'deploy', ask = null, script = 'id -un' } = given
    const ssh = rig.ssh(script, { ask })
    const hosts = Array.from({ length: count }, (_, index) => ({
      key: `h${index}`,
      access: { ssh: 'host', user, runAs },
    }))
    const opened = await ssh.openConnections(hosts)
    await ssh[Symbol.asyncDispose]()
    return [...opened.values()]
  }
  const connect = async (given: Given = {}): Promise<Connection> => {
    const [one] = await connectAll(1, given)
    if (one === undefined || one instanceof Error) throw one
    return one
  }
  const said = async (given: Given = {}): Promise<string> => {
    await using connection = await connect(given)
    return (await connection.read('facts', [])).stdout.trim()
  }
  const problemOf = async (given: Given = {}) => (await errorOf(connect(given))).problem

  test('sudo without a password: its home, its environment, files for itself alone', async () => {
    rules(free)
    const script = 'umask 077; id -un; echo "$HOME/$SUDO_USER/$USER"; pwd; : >made'
    expect((await said({ script })).split('\n')).toEqual([
      'elastic',
      `${users.homeOf('elastic')}//elastic`,
      users.homeOf('elastic'),
    ])
    const { uid, mode } = statSync(join(users.homeOf('elastic'), 'made'))
    expect([uid, mode & 0o777]).toEqual([users.uidOf('elastic'), 0o600])
  })

  test.each(['fisher', 'cshell'])('the login shell of %s is no matter', async (user) => {
    rules(`${user} ALL=(elastic) ALL`)
    expect(await said({ user, ask: async () => password })).toBe('elastic')
  })

  test('a password is asked for once, and is in no list of processes', async () => {
    rules(asking)
    const asked: string[] = []
    const ask: Ask = async (question, { secret }) => {
      asked.push(`${question}${secret}`)
      return password
    }
    const script = 'cat /proc/[0-9]*/cmdline /proc/$$/environ 2>/dev/null'
    const all = await connectAll(4, { ask, script })
    const seen = await Promise.all(all.map((one) => (one as Connection).read('facts', [])))
    await Promise.all(all.map((one) => (one as Connection)[Symbol.asyncDispose]()))
    expect(asked).toEqual(['sudo password of deploy (for all hosts that ask): true'])
    for (const { stdout, stderr } of seen) {
      expect(stdout).toContain('end of password')
      expect(stdout + stderr).not.toContain(password)
    }
    expect(wrongTries()).toBe(0)
  })

  test('a password that sudo does not read after all is neither run nor shown', async () => {
    rules(asking)
    const trace = join(users.homeOf('elastic'), 'trace')
    const nasty = `touch ${trace}; echo shown`
    // One that works would have to be this; so the rule changes between the question and the commands.
    const ask: Ask = async () => {
      rules(free)
      return nasty
    }
    expect(await said({ ask })).toBe('elastic')
    expect(existsSync(trace)).toBe(false)
  })

  test('a wrong password counts once on one host, and no other host is tried with it', async () => {
    rules(asking)
    const answers = ['wrong', '']
    const all = await connectAll(5, { ask: async () => answers.shift() ?? '' })
    expect(all.map((one) => one instanceof Error && one.problems[0]?.code)).toEqual(
      Array(5).fill('run-as-wrong-password'),
    )
    expect(wrongTries()).toBe(1)
  })

  test('after three wrong ones all hosts are told, also those that were not tried', async () => {
    rules(asking)
    const all = await connectAll(3, { ask: async () => 'wrong' })
    const causes = all.map((one) => (one instanceof Error ? one.problems[0]?.cause : undefined))
    expect(
      causes.filter((cause) => cause === 'sudo does not take the password that was given for deploy'),
    ).toHaveLength(1)
    expect(causes.filter((cause) => cause?.endsWith('it was not tried here'))).toHaveLength(2)
    expect(wrongTries()).toBe(3)
  })

  test('a password that is changed later is told, and tried no more than once', async (test) => {
    rules(asking)
    test.onTestFinished(() => users.password('deploy', password))
    await using connection = await connect({ ask: async () => password })
    users.password('deploy', 'another')
    expect((await errorOf(connection.read('facts', []))).problem.code).toBe('run-as-wrong-password')
    expect(wrongTries()).toBe(1)
  })

  test('whoever logs in as that user needs nothing at all', async () => {
    expect(await said({ runAs: { user: 'deploy' } })).toBe('deploy')
  })

  test('a login as root may, on the embedded server too', async () => {
    const shell = join(users.directory, 'shell')
    const words = users.within.map((word) => quote(word)).join(' ')
    writeFileSync(shell, `#!/bin/sh\nexec ${words} /bin/sh "$@"\n`, { mode: 0o755 })
    const environment = { PATH: process.env.PATH ?? '' }
    await using own = await startRig(
      async (options) => {
        const host = await startEmbeddedHost({
          ...options,
          address: loopbackAddress(),
          shell,
          environment,
          world: systemWorld,
        })
        return { ...host, hostKeys: [host.hostKey] }
      },
      { runAs: { user: 'elastic' } },
    )
    const connection = await own.connect('id -un; echo "$HOME"')
    expect((await connection.read('facts', [])).stdout).toBe(`elastic\n${users.homeOf('elastic')}\n`)
  })

  test('doas without a password', async () => {
    users.doas('permit nopass deploy as elastic cmd /bin/sh')
    expect(await said({ runAs: { user: 'elastic', with: 'doas' }, script: 'id -un; echo "$HOME/$DOAS_USER"' })).toBe(
      `elastic\n${users.homeOf('elastic')}/`,
    )
  })

  const typed = { ask: async () => password }
  const byDoas = { runAs: { user: 'elastic', with: 'doas' } } as const
  test.each<[string, readonly string[], string, Given]>([
    ['nobody to ask', [asking], 'run-as-password', {}],
    ['not in sudoers', [], 'run-as-refused', typed],
    [
      'another command only',
      ['deploy ALL=(elastic) NOPASSWD: /usr/bin/id', 'deploy ALL=(elastic) /usr/bin/id'],
      'run-as-refused',
      typed,
    ],
    ['another user only', ['deploy ALL=(nobody) NOPASSWD: ALL'], 'run-as-refused', typed],
    ['a terminal that sudo insists on', ['Defaults requiretty', free], 'run-as-terminal', typed],
    ['no such user', ['deploy ALL=(ALL) NOPASSWD: ALL'], 'run-as-no-user', { runAs: { user: 'nobody-of-this-name' } }],
    ['doas without rules', [], 'run-as-refused', byDoas],
  ])('%s is found before anything is done', async (_title, lines, code, given) => {
    rules(...lines)
    const problem = await problemOf(given)
    expect(problem).toMatchObject({ code, host: 'h0' })
    expect(problem.cause + problem.remedy).toMatch(/deploy|elastic|nobody-of-this-name/)
  })

  test.each<[string, string, string]>([
    ['a password that doas would ask for', 'permit deploy as elastic', 'run-as-terminal'],
    ['a right that doas does not give', 'permit nopass deploy as nobody', 'run-as-refused'],
  ])('%s is found before anything is done', async (_title, line, code) => {
    users.doas(line)
    expect(await problemOf(byDoas)).toMatchObject({ code })
  })
})
