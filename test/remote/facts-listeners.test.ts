import { type ChildProcess, execFileSync } from 'node:child_process'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { userInfo } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { factsOf } from './facts-of.js'
import { sleeper, started } from './sleepers.js'
import { inEachShell, type TestHost } from './test-host.js'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

inEachShell((host) => {
  const facts = (ports: readonly number[]) => factsOf(host(), ports)

  describe('of listeners', () => {
    test('tell address, process and user, of the ports asked for', async () => {
      const [one, two, three] = [await listen('127.0.0.1'), await listen('::1'), await listen('0.0.0.0')]
      const { username } = userInfo()
      const mine = { pid: process.pid, user: username, command: expect.stringContaining('node'), ours: false }
      const { listeners } = await facts([one, three, 1])
      expect(listeners.toSorted((x, y) => x.address.localeCompare(y.address))).toEqual([
        { ...mine, port: three, address: '*' },
        { ...mine, port: one, address: '127.0.0.1' },
      ])
      expect((await facts([two])).listeners).toEqual([{ ...mine, port: two, address: '::1' }])
    })

    test('are found without ss', async () => {
      host().fakeTool('ss', '#!/bin/sh\nexit 1\n')
      const port = await listen('127.0.0.1')
      expect((await facts([port])).listeners).toMatchObject([{ port, pid: process.pid }])
    })

    test('of our own processes are ours', async () => {
      const pid = sleeper(host(), {}, [process.execPath, '-e', listening])
      const port = await firstNumber(started[0])
      expect((await facts([port])).listeners).toEqual([
        {
          port,
          address: '127.0.0.1',
          pid,
          user: userInfo().username,
          command: expect.stringContaining('createServer'),
          ours: true,
        },
      ])
    })

    test('that close while we look are none', async () => {
      const server = sleeper(host(), { TRUENO_DEPLOY_HOME: '/elsewhere' }, [process.execPath, '-e', listening])
      const port = await firstNumber(started[0])
      // Holders are looked for with ls.
      host().fakeTool('ls', `#!/bin/sh\nkill -9 ${server} && while kill -0 ${server}; do :; done\nexec /bin/ls "$@"\n`)
      expect((await facts([port])).listeners).toEqual([])
    })

    test('of any address are decoded', () => {
      const rows = ['0100007F:0050', '00000000:0051', `${'0'.repeat(32)}:0052`, `${'0'.repeat(24)}01000000:0053`]
      const more = [
        '0000000000000000FFFF00002A00007F:0054',
        '000080FE00000000FF005450B6AD1D01:0055',
        `B80D0120${'0'.repeat(16)}01000000:0056`,
        `${'0'.repeat(16)}FFFF000000000000:0057`,
      ]
      const odd = ['B80D0120000001000300020005000400:0058', '0100007F:1F90', '0100007F:0059 01']
      expect(decoded(host(), [...rows, ...more, ...odd])).toEqual([
        '80 127.0.0.1',
        '81 *',
        '82 *',
        '83 ::1',
        '84 127.0.0.42',
        '85 fe80::5054:ff:11d:adb6',
        '86 2001:db8::1',
        '87 *',
        '88 2001:db8:1:0:2:3:4:5',
      ])
    })
  })
})

/** A program that says at which port it listens. */
const listening =
  'const s = require("net").createServer().listen(0, "::ffff:127.0.0.1", () => console.log(s.address().port))'

async function listen(address: string): Promise<number> {
  const server = createServer()
  servers.push(server)
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, address, resolve))
  return (server.address() as AddressInfo).port
}

function firstNumber(child: ChildProcess | undefined): Promise<number> {
  return new Promise((resolve) => child?.stdout?.once('data', (text) => resolve(Number(text))))
}

/** What the awk program for /proc/net/tcp makes of local addresses in its notation, with the state when it is not 0A. */
function decoded({ root }: TestHost, rows: readonly string[]): string[] {
  const table = rows.map(
    (row, at) => ` ${at}: ${row.replace(/ .*/, '')} 0:0 ${row.split(' ')[1] ?? '0A'} 0:0 0:0 0 0 0 ${at} 1\n`,
  )
  const file = path.join(root, 'tcp')
  const script =
    '. "$0/lib.sh"; . "$0/processes.sh"; printf "%s" "$read_sockets" | sed "s#/proc/net/tcp6#/dev/null#; s#/proc/net/tcp\\"#$1\\"#" >"$1.awk"'
  const remote = new URL('../../remote', import.meta.url).pathname
  execFileSync(
    'sh',
    ['-c', `cat >"$1" && ${script} && listening_ports="80 81 82 83 84 85 86 87 88 89" awk -f "$1.awk"`, remote, file],
    { input: table.join('') },
  )
  const output = execFileSync('awk', ['-f', `${file}.awk`], {
    env: { ...process.env, listening_ports: '80 81 82 83 84 85 86 87 88 89' },
    encoding: 'utf8',
  })
  return output
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t').slice(1, 3).join(' '))
}
