import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { calls, installFakeTrueno } from './fake-trueno.js'
import { settled, sleeper, started, ticksOf } from './sleepers.js'
import { inEachShell, markedPids, type TestHost } from './test-host.js'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

inEachShell((host) => {
  const run = (script: string, ...args: (string | number)[]) => host().run(script, [1, host().home, ...args])
  const start = () => run('start', host().data, 'node1.lab', 'c1', 10_000)
  const stop = (limit = 10, ...ports: string[]) => run('stop', host().data, 'c1', limit, ...ports)
  const verbs = () => calls(host()).map(({ args }) => args[0])

  describe('stop', () => {
    test('ends in order what trueno started, and nothing else', async () => {
      installFakeTrueno(host())
      await start()
      const other = { TRUENO_DEPLOY_HOME: `${host().home}2` }
      const kept = [
        sleeper(host(), other),
        sleeper(host(), { ...other, PM2_HOME: '/elsewhere' }, ['/bin/sleep', '1000'], 'PM2 v2: God Daemon'),
      ]
      const balancer = sleeper(host(), { TRUENO_DEPLOY_PART: 'balancer' })
      const liar = sleeper(host(), { ...other, NOTE: `\nTRUENO_DEPLOY_HOME=${host().home}\n` })
      expect(await stop()).toEqual({ code: 0, stdout: 'stopped\n', stderr: '' })
      expect(markedPids(host().home)).toEqual([balancer])
      for (const pid of [...kept, balancer, liar]) expect(isAlive(pid)).toBe(true)
      expect(verbs()).toEqual(['start', 'stop'])
    })

    test('leaves word which start it was, also where nothing of it ran any more', async () => {
      installFakeTrueno(host())
      for (const dies of [false, true]) {
        const { stdout: id } = await start()
        if (dies) for (const pid of markedPids(host().home)) process.kill(pid, 'SIGKILL')
        await stop()
        expect(host().read('run/stopped')).toBe(id)
      }
    })

    test('stops all the same where that cannot be written', async () => {
      installFakeTrueno(host())
      await start()
      mkdirSync(path.join(host().home, 'run/stopped'))
      expect(await stop()).toEqual({ code: 0, stdout: 'stopped\n', stderr: '' })
    })

    test('where nothing runs does nothing, and starts no daemon to ask', async () => {
      installFakeTrueno(host())
      expect(await stop(10, '1:*')).toEqual({ code: 0, stdout: 'nothing\n', stderr: '' })
      expect([calls(host()), host().list('run')]).toEqual([[], ['token']])
    })

    test('twice says nothing the second time', async () => {
      installFakeTrueno(host())
      await start()
      await stop()
      expect(await stop()).toMatchObject({ code: 0, stdout: 'nothing\n' })
      expect(verbs()).toEqual(['start', 'stop'])
    })

    test('ends by signals what outlived its daemon, without a new one', async () => {
      installFakeTrueno(host())
      await start()
      await endDaemon(host())
      expect(await stop()).toMatchObject({ code: 0, stdout: 'stopped\n' })
      expect([markedPids(host().home), verbs()]).toEqual([[], ['start']])
      expect(await start()).toMatchObject({ code: 0 })
    })

    test('ends by signals what trueno stop knows nothing of, without waiting for more', async () => {
      installFakeTrueno(host())
      await start()
      const orphan = sleeper(host(), {})
      expect(await stop(3600)).toMatchObject({ code: 0, stdout: 'stopped\n' })
      expect([isAlive(orphan), verbs()]).toEqual([false, ['start', 'stop']])
    })

    test('ends a core that hears nothing as soon as its engines have ended, not before', async () => {
      installFakeTrueno(host(), 'FAKE_PATIENT=1\n')
      await start()
      expect(await stop(3600)).toMatchObject({ code: 0, stdout: 'stopped\n' })
      expect(markedPids(host().home)).toEqual([])
      expect(calls(host())).toContain(true)
    })

    test('gives engines their time also when somebody sets the clock', async () => {
      installFakeTrueno(host(), 'FAKE_PATIENT=1\n')
      await start()
      host().fakeTool('date', jumpingClock)
      expect(await stop(3600)).toMatchObject({ code: 0, stdout: 'stopped\n' })
      expect(markedPids(host().home)).toEqual([])
      expect(calls(host())).toContain(true)
    })

    test('kills what ignores every other signal', async () => {
      installFakeTrueno(host(), 'FAKE_STUBBORN=1\n')
      await start()
      await endDaemon(host())
      expect(await stop(1)).toMatchObject({ code: 0, stdout: 'stopped\n' })
      expect(markedPids(host().home)).toEqual([])
    })

    test('ends a trueno stop that hangs, and what it should have ended', async () => {
      installFakeTrueno(host(), 'FAKE_HANG=stop\n')
      await start()
      // On a slow machine it may be ended before it has begun.
      expect(await stop(1)).toMatchObject({ code: 0, stdout: 'stopped\n' })
      expect(markedPids(host().home)).toEqual([])
    })

    test('ends a start that hangs', async () => {
      installFakeTrueno(host(), 'FAKE_HANG=start\n')
      const starting = start()
      await settled(() => verbs().length === 1)
      expect(await stop()).toMatchObject({ code: 0, stdout: 'stopped\n' })
      expect(await starting).toMatchObject({ code: 70, stderr: expect.stringContaining('trueno start exited with') })
    })

    test('works when the release is gone', async () => {
      installFakeTrueno(host())
      await start()
      rmSync(path.join(host().home, 'current'))
      expect(await stop()).toMatchObject({ code: 0, stdout: 'stopped\n' })
      expect(markedPids(host().home)).toEqual([])
    })

    test('leaves processes of another cluster, and says so', async () => {
      const stray = sleeper(host(), { TRUENO_DEPLOY_CLUSTER: 'c2' })
      expect(await stop(1)).toMatchObject({ code: 70, stdout: `left\tprocess\t${stray}\t/bin/sleep 1000\n` })
      expect(isAlive(stray)).toBe(true)
    })

    test('does not ask the daemon of another cluster to end what it runs', async () => {
      installFakeTrueno(host())
      await start()
      const running = markedPids(host().home)
      const result = await run('stop', host().data, 'c2', 1)
      expect(result).toMatchObject({ code: 70, stdout: expect.stringMatching(/^(?:left\tprocess\t.*\n)+$/) })
      expect([markedPids(host().home), verbs()]).toEqual([running, ['start']])
    })

    test('says which port is still listened on, by whom', async () => {
      sleeper(host(), {})
      const port = await listen('127.0.0.1')
      const result = await stop(5, `${port}:127.0.0.1`, `${port}:127.0.0.2`)
      expect(result).toMatchObject({
        code: 70,
        stdout: expect.stringMatching(/^left\tport\t\d+\t127\.0\.0\.1\t\d+\t.*\n$/),
      })
      expect(result.stdout.split('\t').slice(2, 5)).toEqual([String(port), '127.0.0.1', String(process.pid)])
      expect(result.stderr.trim().split('\n')).toHaveLength(1)
      sleeper(host(), {})
      expect(await stop(5, `${port}:*`)).toMatchObject({ code: 70 })
      sleeper(host(), {})
      expect(await stop(5, `${port}:127.0.0.2`)).toMatchObject({ code: 0, stdout: 'stopped\n' })
    })

    test('is refused with a stale token', async () => {
      host().put('run/token', '2\n')
      const pid = sleeper(host(), {})
      expect(await stop()).toMatchObject({ code: 75 })
      expect(isAlive(pid)).toBe(true)
    })
  })

  describe('a signal', () => {
    const signal = (pid: number, ticks: number, part = 'trueno', cluster = 'c1') =>
      execFileSync('sh', [
        '-c',
        '. "$0/lib.sh"; . "$0/processes.sh"; . "$0/ending.sh"; home=$1 part=$2 cluster=$3; signal KILL "$4" "$5"',
        remote,
        host().home,
        part,
        cluster,
        String(pid),
        String(ticks),
      ])

    test('is not sent to a process that is no longer the one, or does not carry just our marker', () => {
      const pid = sleeper(host(), {})
      const other = sleeper(host(), { TRUENO_DEPLOY_HOME: `${host().home}2` })
      const liar = sleeper(host(), { TRUENO_DEPLOY_HOME: '', NOTE: `\nTRUENO_DEPLOY_HOME=${host().home}\n` })
      signal(pid, ticksOf(pid) + 1)
      signal(pid, ticksOf(pid), 'balancer')
      signal(pid, ticksOf(pid), 'trueno', 'c')
      signal(other, ticksOf(other))
      signal(liar, ticksOf(liar))
      signal(999_999_999, 1)
      expect([pid, other, liar].map(isAlive)).toEqual([true, true, true])
    })

    test('is sent to one that is', async () => {
      const pid = sleeper(host(), {})
      const ended = new Promise((resolve) => started[0]?.once('exit', (_, name) => resolve(name)))
      signal(pid, ticksOf(pid))
      expect(await ended).toBe('SIGKILL')
    })
  })
})

const remote = new URL('../../remote', import.meta.url).pathname

/** Ends pm2's daemon as a crash would, so that core is left. */
async function endDaemon({ home }: TestHost): Promise<void> {
  const daemon =
    markedPids(home).find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('God Daemon')) ?? 0
  process.kill(daemon, 'SIGKILL')
  await settled(() => !isAlive(daemon))
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}

async function listen(address: string): Promise<number> {
  const server = createServer()
  servers.push(server)
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, address, resolve))
  return (server.address() as AddressInfo).port
}

/** In the place of `date`: a day later each time that it is asked. */
const jumpingClock = `#!/bin/sh
echo x >>"$HOME/asked"
echo $((1700000000 + 86400 * $(wc -l <"$HOME/asked")))
`
