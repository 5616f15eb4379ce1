import { chmodSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection } from '../../src/ssh/connection.js'
import { canMount } from '../helpers/mounts.js'
import { makePrivateUsers, type PrivateUsers } from '../helpers/private-users.js'
import { startSshd } from '../helpers/sshd.js'
import { type Rig, startRig } from './rig.js'

const shells = ['dash', 'bash', 'ash', 'fish', 'tcsh'] as const

/** Prints its arguments, then its standard input, each in a line of its own that no shell and no screen could change. */
const script = `for word in "$@"; do printf %s "$word" | base64 | tr -d '\\n'; echo; done; base64 | tr -d '\\n'`

const character = fc.oneof(
  fc.constantFrom(...`'"\\\`$!*?~#&;|<>(){}[]^@ \t\n\r-=%`, '!x', '\\\n', '$(id)', '\u001b[2J'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
)
const argument = fc.string({ unit: character, maxLength: 30 }).filter((word) => !word.includes('\0'))
const words = fc.array(argument, { minLength: 1, maxLength: 40 })

describe.skipIf(!canMount)('whatever the login shell is, arguments arrive as they are:', () => {
  let users: PrivateUsers
  let rig: Rig
  let links: string
  beforeAll(async () => {
    links = mkdtempSync(join(tmpdir(), 'shells-'))
    chmodSync(links, 0o711)
    // busybox goes by the name that it is called by.
    symlinkSync(onPath('busybox'), join(links, 'ash'))
    users = makePrivateUsers(
      shells.map((name) => ({ name: `by-${name}`, shell: name === 'ash' ? join(links, name) : onPath(name) })),
    )
    const { within } = users
    rig = await startRig((options) => startSshd({ ...options, home: '/', user: 'by-dash', within }))
  })
  afterAll(async () => {
    await rig?.[Symbol.asyncDispose]()
    users?.[Symbol.dispose]()
    rmSync(links, { recursive: true, force: true })
  })

  test.each(shells)('%s', async (shell) => {
    await using ssh = rig.ssh(script)
    await using connection = await ssh.connect('host', await ssh.resolve({ ssh: 'host', user: `by-${shell}` }))
    await fc.assert(
      fc.asyncProperty(words, argument, async (given, data) => {
        expect(await arrived(connection, given, null)).toEqual([...given, ''])
        expect(await arrived(connection, given, data)).toEqual([...given, data])
      }),
      { numRuns: 15 },
    )
  })
})

/** What a script is given, by its own account. */
async function arrived(connection: Connection, given: readonly string[], data: string | null): Promise<string[]> {
  const input = async function* () {
    yield Buffer.from(data ?? '')
  }
  const result = await (data === null ? connection.read('facts', given) : connection.run('write', given, { input }))
  expect(result).toMatchObject({ code: 0, stderr: '' })
  return result.stdout.split('\n').map((line) => Buffer.from(line, 'base64').toString('utf8'))
}

function onPath(program: string): string {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    try {
      return realpathSync(join(directory, program))
    } catch {
      // It is in another one.
    }
  }
  throw new Error(`${program} is not here: run scripts/test-setup.sh`)
}
