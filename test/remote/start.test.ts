import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { calls, installFakeTrueno, releaseId } from './fake-trueno.js'
import { environmentOf, inEachShell, markedPids, minimalPath, type RunOptions } from './test-host.js'

inEachShell((host) => {
  const start = (options: RunOptions = {}, clusterId = 'c1') =>
    host().run('start', [1, host().home, host().data, 'node1.lab', clusterId, 10_000], options)

  describe('start', () => {
    test('runs trueno start detached, and records it', async () => {
      installFakeTrueno(host())
      const { code, stdout, stderr } = await start()
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toMatch(/^\d+-\d+\n$/)
      const { home, data } = host()
      expect(calls(host()).map(({ args, cwd }) => ({ args, cwd }))).toEqual([
        {
          args: ['start', '-h', 'node1.lab', '--cluster', `${home}/etc/cluster.json`, '--dir', data, '--forever'],
          cwd: `${home}/run`,
        },
      ])
      expect(JSON.parse(host().read('run/start.json'))).toEqual({
        id: stdout.trim(),
        time: Number(stdout.split('-')[0]),
        bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
        release: releaseId,
        clusterFile: sha256('{}'),
        environment: sha256(''),
      })
      expect(host().read('run/start.out')).toBe('called with start\n')
      expect(host().list('run')).toEqual(['pm2', 'start.json', 'start.out', 'token'])
    })

    test('gives what it starts the marker, the settings as they are, and nothing of the session', async () => {
      const lines = [
        'A_1=it\'s "x" = $HOME `y` \\z ',
        'B=',
        'home=/elsewhere',
        'TRUENO_DEPLOY_PART=balancer',
        'PM2_HOME=/elsewhere',
      ]
      installFakeTrueno(host(), `${lines.join('\n')}\n\nLAST=without a line end`)
      const { stdout } = await start({ env: { SSH_CLIENT: '127.0.0.1 1 2', SSH_AUTH_SOCK: '/tmp/agent' } })
      const { home } = host()
      const pids = markedPids(home)
      expect(pids).toHaveLength(2)
      for (const pid of pids) {
        const environment = environmentOf(pid)
        expect(environment).toEqual(
          expect.arrayContaining([
            lines[0],
            'B=',
            'home=/elsewhere',
            'LAST=without a line end',
            'TRUENO_DEPLOY_CLUSTER=c1',
            `TRUENO_DEPLOY_HOME=${home}`,
            'TRUENO_DEPLOY_PART=trueno',
            `TRUENO_DEPLOY_START=${stdout.trim()}`,
            `PM2_HOME=${home}/run/pm2`,
            'PM2_KILL_TIMEOUT=10000',
          ]),
        )
        expect(environment.filter((variable) => variable.startsWith('SSH_'))).toEqual([])
      }
    })

    test('raises the limits of what it starts as far as it may', async () => {
      installFakeTrueno(host())
      await start({ before: 'ulimit -Sp 5000; ulimit -Hp 6000; ulimit -Sl 64; ulimit -Hl 128' })
      const limits = markedPids(host().home).map((pid) => readFileSync(`/proc/${pid}/limits`, 'utf8'))
      expect(limits).toHaveLength(2)
      for (const text of limits) {
        expect(text).toMatch(/^Max processes +6000 +6000 /m)
        expect(text).toMatch(/^Max locked memory +131072 +131072 /m)
      }
    })

    test('puts the node of the release first on PATH, and runs it', async () => {
      installFakeTrueno(host(), 'PATH=/usr/bin:/bin\n')
      const bin = path.join(host().home, `releases/${releaseId}/runtime/node/bin`)
      mkdirSync(bin, { recursive: true })
      symlinkSync(process.execPath, path.join(bin, 'node'))
      expect(await start()).toMatchObject({ code: 0 })
      expect(calls(host())[0]?.env.PATH).toBe(`${host().home}/current/runtime/node/bin:/usr/bin:/bin`)
      expect(readlinkSync(`/proc/${markedPids(host().home)[0]}/exe`)).toBe(readlinkSync('/proc/self/exe'))
    })

    test('has a process with the marker there while node takes its place, and no flag up', async () => {
      installFakeTrueno(host(), 'PATH=/usr/bin:/bin\n')
      const bin = path.join(host().home, `releases/${releaseId}/runtime/node/bin`)
      mkdirSync(bin, { recursive: true })
      const look = 'tr "\\0" "\\n" </proc/$PPID/environ >parent; ls -A . >there'
      writeFileSync(path.join(bin, 'node'), `#!/bin/sh\n${look}\n`, { mode: 0o755 })
      const { stdout } = await start()
      expect(host().read('run/parent').split('\n')).toContain(`TRUENO_DEPLOY_START=${stdout.trim()}`)
      expect(host().list('run')).toContain('there')
      expect(host().read('run/there')).not.toContain('.start-')
    })

    test('of what runs already says so, and starts nothing', async () => {
      installFakeTrueno(host())
      const { stdout } = await start()
      expect(await start()).toEqual({ code: 0, stdout, stderr: `start ${stdout.trim()} runs already\n` })
      expect(calls(host())).toHaveLength(1)
    })

    test('several times at once starts once', async () => {
      installFakeTrueno(host())
      const results = await Promise.all([1, 2, 3, 4].map(() => start()))
      expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0])
      expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(1)
      expect(calls(host())).toHaveLength(1)
    })

    test.each([
      ['with other settings', () => host().put('etc/environment', 'NEW=1\n'), 'c1'],
      ['of another cluster', () => undefined, 'c2'],
      ['without a record', () => rmSync(path.join(host().home, 'run/start.json')), 'c1'],
    ])('is refused while something of ours runs %s', async (_, change, clusterId) => {
      installFakeTrueno(host())
      await start()
      change()
      expect(await start({}, clusterId)).toMatchObject({
        code: 74,
        stdout: '',
        stderr: expect.stringContaining('2 processes'),
      })
      expect(calls(host())).toHaveLength(1)
    })

    test('moves the logs of the start before out of the way, and keeps five', async () => {
      installFakeTrueno(host())
      for (const id of ['0', '1000000001-1', '1000000002-1', '1000000003-1', '1000000004-1', 'balancer-5-1'])
        host().put(`logs/${id}/x`, '')
      host().put('run/start.json', '{"id":"1000000005-77","time":1}\n')
      for (const file of [
        'run/start.out',
        'run/pm2/pm2.log',
        'run/pm2/logs/Trueno-Core-out-0.log',
        '../data dir/logs/spark-out-1.log',
      ])
        host().put(file, 'old')
      expect(await start()).toMatchObject({ code: 0 })
      expect(host().list('logs')).toEqual([
        '1000000001-1',
        '1000000002-1',
        '1000000003-1',
        '1000000004-1',
        '1000000005-77',
        'balancer-5-1',
      ])
      expect(host().list('logs/1000000005-77')).toEqual(['data', 'pm2', 'pm2.log', 'start.out'])
      expect(host().list('logs/1000000005-77/data')).toEqual(['spark-out-1.log'])
      expect([host().list('run/pm2/logs'), host().list('../data dir/logs')]).toEqual([[], []])
      expect(host().read('run/start.out')).toBe('called with start\n')
    })

    test('says why trueno start failed', async () => {
      installFakeTrueno(host(), 'FAKE_EXIT=3\n')
      expect(await start()).toEqual({ code: 70, stdout: '', stderr: 'trueno start exited with 3: called with start\n' })
      expect(host().list('run')).toEqual(['start.json', 'start.out', 'token'])
    })

    test.each([
      ['no release is active', () => rmSync(path.join(host().home, 'current')), 'no release is active'],
      [
        'cluster.json is missing',
        () => rmSync(path.join(host().home, 'etc/cluster.json')),
        'cluster.json is not there',
      ],
      ['a setting is none', () => host().put('etc/environment', 'A=1\nsecret\n'), 'line 2: not NAME=value'],
      ['a setting has no name', () => host().put('etc/environment', '=secret\n'), 'line 1: not a name'],
      ['the name of a setting is none', () => host().put('etc/environment', 'A B=secret\n'), 'line 1: not a name'],
    ])('is refused when %s', async (_, spoil, message) => {
      installFakeTrueno(host())
      spoil()
      const result = await start()
      expect(result).toMatchObject({ code: 74, stdout: '', stderr: expect.stringContaining(message) })
      expect(result.stderr).not.toContain('secret')
      expect(host().list('run')).toEqual(['token'])
    })

    test('is refused when there is no node', async () => {
      installFakeTrueno(host())
      expect(await start({ env: { PATH: minimalPath(host()) } })).toMatchObject({
        code: 74,
        stderr: expect.stringContaining('no node'),
      })
    })

    test('is refused with a stale token', async () => {
      installFakeTrueno(host())
      host().put('run/token', '2\n')
      expect(await start()).toMatchObject({ code: 75 })
      expect(calls(host())).toEqual([])
    })
  })
})

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
