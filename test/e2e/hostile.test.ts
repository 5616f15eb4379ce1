import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, type TestContext } from 'vitest'
import { begun } from '../helpers/command-line.js'
import { labFor, twoHosts } from '../helpers/lab.js'
import { canMount } from '../helpers/mounts.js'
import type { SshdOptions } from '../helpers/sshd.js'

/** What the login of a key runs instead of what it is asked to; `%` stands for that. */
function running(command: string): Partial<SshdOptions> {
  return { keyOptions: [`command="${command.replace('%', '\\"$SSH_ORIGINAL_COMMAND\\"')}"`] }
}

interface Odd {
  readonly name: string
  readonly sshd?: Partial<SshdOptions>
  /** Listens in place of the sshd. */
  readonly server?: (socket: Socket) => void
  readonly code: string
  readonly told: RegExp
}

const somethingElse = /ran something else than our script and ended with \d+/

/** Hosts that cannot work, and what is told of each. */
const odd: readonly Odd[] = [
  { name: 'nologin', sshd: running('/usr/sbin/nologin -c %'), code: 'no-shell', told: /currently not available/ },
  { name: 'a silent end', sshd: running('/bin/false'), code: 'no-shell', told: somethingElse },
  { name: 'git-shell', sshd: running('git-shell -c %'), code: 'no-shell', told: /unrecognized command/ },
  { name: 'a restricted shell', sshd: running('rbash -c %'), code: 'no-shell', told: /restricted/ },
  { name: 'ForceCommand', sshd: { config: ['ForceCommand internal-sftp'] }, code: 'no-shell', told: /sftp/ },
  { name: 'endless output', sshd: running('yes'), code: 'no-shell', told: /has no end: 16 MiB came before our script/ },
  {
    name: 'a start-up file that waits',
    // As long as its session lasts: it must not be left behind.
    sshd: running('while kill -0 $PPID; do sleep 1; done 2>/dev/null'),
    code: 'no-shell',
    told: /did not come to run our/,
  },
  {
    name: 'a web server',
    server: answering('HTTP/1.1 400 Bad Request\r\n\r\n'),
    code: 'ssh-protocol',
    told: /is no SSH server\nHTTP\/1\.1 400/,
  },
  { name: 'a tarpit', server: dripping, code: 'connection-timed-out', told: /is no SSH server \(x{60}/ },
  { name: 'silence', server: () => {}, code: 'connection-timed-out', told: /takes the connection and says nothing/ },
]

function answering(text: string): (socket: Socket) => void {
  return (socket) => void socket.end(text)
}

/** A line of a banner, and another one, and never its end. */
function dripping(socket: Socket): void {
  const timer = setInterval(() => socket.write(`\u001b[2J${'x'.repeat(60)}\r\n`), 20)
  socket.once('close', () => clearInterval(timer))
}

const esc = '\u001b'

describe('hosts at which something is odd', () => {
  it.concurrent('are each told with what it is, in one run, and keep nobody waiting', async (test) => {
    const roles = [['master'], ['compute', 'index'], ...odd.slice(1).map(() => [])] as const
    const lab = await labFor(test, { roles, sshd: (index) => odd[index - 1]?.sshd ?? {} })
    const ports = await Promise.all(odd.map(({ server }, index) => served(test, lab.host(index + 1).key, server)))
    const hosts = odd.flatMap((_, index) => {
      const port = ports[index]
      return port === undefined ? [] : [[lab.host(index + 1).key, { port }] as const]
    })
    lab.inventory({ timeouts: { connect: '8s' }, hosts: Object.fromEntries(hosts) })

    const told = await lab.tell('up')
    expect(told.code, told.screen).toBe(1)
    const byHost = new Map(told.problems.map((problem) => [problem.host, problem]))
    for (const [index, { name, code, told: words }] of odd.entries()) {
      const problem = byHost.get(lab.host(index + 1).key)
      expect([name, problem?.code]).toEqual([name, code])
      expect(`${problem?.cause}\n${problem?.evidence}`).toMatch(words)
      expect(problem?.evidence.split('\n').length).toBeLessThan(12)
    }
    expect(told.problems).toHaveLength(odd.length)
    expect(told.screen).not.toContain(esc)
    expect(begun(told, 'start')).toEqual([])
  })

  it.concurrent('work all the same: fish and tcsh that talk, banners short and long, one session, one login at a time, no HOME', async (test) => {
    const banners: string[] = []
    const shells = ['fish -c %', 'env -u HOME tcsh -c %']
    const lab = await labFor(test, {
      roles: twoHosts,
      sshd: (index, login) => {
        banners[index] = join(login, 'banner')
        const config = [`Banner ${banners[index]}`, 'MaxStartups 1', 'MaxSessions 1']
        return { ...running(shells[index] ?? ''), config }
      },
    })
    const line = `${esc}[2J${esc}]0;owned\u0007welcome\n`
    // A banner is one packet, and the longest that ssh2 takes is 35,000 bytes.
    for (const [index, times] of [10, 3000].entries()) writeFileSync(banners[index] ?? '', line.repeat(times))
    const fish = join(lab.host(0).login, '.config/fish')
    mkdirSync(fish, { recursive: true })
    writeFileSync(join(fish, 'config.fish'), `printf '\\e[2Jwelcome\\xff\\n'; echo noise >&2; yes | head -100000\n`)
    lab.inventory({ hosts: { [lab.host(1).key]: { home: lab.host(1).home } } })

    const up = await lab.run('up')
    expect(up.code, up.stdout + up.stderr).toBe(0)
    expect(up.stdout).toContain('the host sends longer packets than ssh2 takes')
    expect((await lab.status()).state).toBe('ready')
    const again = await lab.run('up')
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('Nothing to do')])
    const down = await lab.run('down')
    expect(down.code, down.stdout + down.stderr).toBe(0)
    for (const { stdout, stderr } of [up, again, down]) {
      expect(stdout + stderr).not.toMatch(/owned|welcome|noise/)
      expect(stdout + stderr).not.toContain(esc)
    }
  })

  it.concurrent('forbid forwarding: told at once, since waiting changes nothing; what runs can be stopped', async (test) => {
    const lab = await labFor(test, { roles: twoHosts, sshd: () => ({ config: ['AllowTcpForwarding no'] }) })
    const told = await lab.tell('up')
    expect(told.code).toBe(1)
    expect(told.problems.map(({ host, code }) => [host, code])).toEqual(
      lab.hosts.map(({ key }) => [key, 'forwarding-forbidden']),
    )
    expect(told.screen).toMatch(/AllowTcpForwarding local/)
    expect((await lab.run('down')).code).toBe(0)
  })

  it.skipIf(!canMount).concurrent(
    'have a root that cannot be written to and a /tmp where nothing runs: that is enough',
    async (test) => {
      const lab = await labFor(test, { roles: twoHosts, sshd: (_, login) => ({ within: confined(login) }) })
      const up = await lab.tell('up')
      expect(up.code, up.screen).toBe(0)
      expect((await lab.status()).state).toBe('ready')
      expect((await lab.run('down')).code).toBe(0)
    },
  )
})

/** Starts a program where only `login` can be written to and run from. */
function confined(login: string): readonly string[] {
  const mounts = [
    'mount --bind /tmp /tmp && mount -o remount,bind,noexec,ro /tmp',
    'mount --bind "$1" "$1" && mount -o remount,bind,exec,rw "$1"',
    'mount -o remount,bind,ro /',
    'shift; exec "$@"',
  ]
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-euc', mounts.join('\n'), 'sh', login]
}

/** The port at which something else than sshd listens; undefined: nothing does. */
async function served(test: TestContext, address: string, serve: Odd['server']): Promise<number | undefined> {
  if (serve === undefined) return undefined
  const sockets: Socket[] = []
  const server: Server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}))
    serve(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, address, resolve))
  test.onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as { port: number }).port
}
