import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { type FactsOptions, factsOf } from './facts-of.js'
import { inEachShell, pathOf } from './test-host.js'

inEachShell((host) => {
  const facts = (ports: readonly number[] = [], more: FactsOptions = {}) => factsOf(host(), ports, more)

  describe('of a machine', () => {
    test('are those that Node sees', async () => {
      const { user, machine, ...rest } = await facts()
      const { username, uid } = userInfo()
      expect(user).toEqual({ name: username, uid })
      expect(machine).toEqual({
        hostname: hostname(),
        os: expect.stringMatching(/\w/),
        arch: expect.stringMatching(/^\w+$/),
        libc: expect.stringMatching(/^(glibc|musl)$/),
        bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
        cpus: Number(execFileSync('getconf', ['_NPROCESSORS_ONLN'])),
        memoryKiB: Number(/MemTotal: +(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]),
        memoryAvailableKiB: expect.any(Number),
        clock: expect.any(Number),
        maxMapCount: Number(readFileSync('/proc/sys/vm/max_map_count', 'utf8')),
        memoryLimitKiB: anyOrNull(Number),
        swapKiB: Number(/SwapTotal: +(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]),
        hugePages: anyOrNull(String),
        limits: {
          'open-files': limitOf('-Hn'),
          threads: limitOf('-Hp'),
          'address-space': limitOf('-Hv'),
          'locked-memory': limitOf('-Hl'),
        },
        session: anyOrNull(Object),
        temporaryNoExec: expect.any(Boolean),
      })
      expect(Math.abs(machine.clock - Date.now() / 1000)).toBeLessThan(60)
      expect(rest.nodeVersion).toBe(process.versions.node)
      expect(rest.tools).toMatchObject({
        tar: expect.stringMatching(/^\/.*\/tar$/),
        node: expect.stringMatching(/\/node$/),
      })
    })

    test('tell which other users keep it, where that is asked for and nothing of it is here', async () => {
      const { root, home } = host()
      const passwd = `own:x:1:1::${root}/own:\nelastic:x:2:2::${root}/elastic:/bin/sh\nbob:x:3:3::${root}/bob:\nnobody:x:4:4:::\n`
      writeFileSync(`${root}/passwd`, passwd)
      const receipt = (user: string, key: string) => {
        mkdirSync(`${root}/${user}/trueno`, { recursive: true })
        writeFileSync(`${root}/${user}/trueno/receipt.json`, JSON.stringify({ version: 1, key }))
      }
      receipt('elastic', '127.0.0.1')
      receipt('bob', '127.0.0.2')
      mkdirSync(`${root}/own`, { recursive: true })
      const kept = async (asked: readonly string[]) => {
        const more = {
          asked,
          home: '~/trueno',
          env: { HOME: `${root}/own` },
          instead: { '/etc/passwd': `${root}/passwd` },
        }
        return (await facts([], more)).keptByOthers
      }
      expect(await kept(['others'])).toEqual([{ user: 'elastic', path: `${root}/elastic/trueno` }])
      expect(await kept([])).toEqual([])
      receipt('own', '127.0.0.1')
      expect(await kept(['others'])).toEqual([])
      expect(
        (await facts([], { asked: ['others'], home, instead: { '/etc/passwd': `${root}/passwd` } })).keptByOthers,
      ).toEqual([])
    })

    test('tell what has arrived of artifacts that are not whole', async () => {
      expect((await facts()).arrivedKiB).toBe(0)
      host().put(`artifacts/.part-${'a'.repeat(64)}`, Buffer.alloc(100_000, 'x'))
      host().put(`artifacts/.part-${'b'.repeat(64)}`, Buffer.alloc(100_000, 'x'))
      const { arrivedKiB } = await facts()
      expect(arrivedKiB).toBeGreaterThan(190)
      expect(arrivedKiB).toBeLessThan(220)
    })

    test('of another kind are told as they say', async () => {
      host().fakeTool('uname', '#!/bin/sh\necho aarch64\n')
      expect((await facts()).machine.arch).toBe('aarch64')
    })

    test('that has nothing of ours', async () => {
      expect(await facts()).toMatchObject({
        currentRelease: null,
        releases: [],
        artifacts: [],
        files: { cluster: null, environment: null, engines: null, balancer: null, receipt: null },
        receipt: null,
        start: null,
        stoppedStart: null,
        balancerStart: null,
        token: 0,
        lease: null,
        processes: [],
        listeners: [],
      })
    })
  })

  describe('of home and data', () => {
    test('that are not there yet tell of their nearest parent', async () => {
      const { home, data } = await facts()
      const { dev, ino } = statSync(host().root)
      expect(home).toEqual({
        path: host().home,
        exists: false,
        writable: true,
        obstructed: false,
        identity: `${dev}:${ino}${host().home.slice(host().root.length)}`,
        freeKiB: expect.any(Number),
        sizeKiB: expect.any(Number),
        freeFiles: anyOrNull(Number),
        filesystem: filesystemOf(host().root),
        readOnly: false,
        noExec: false,
      })
      expect(home.freeKiB).toBeGreaterThan(0)
      expect(home.sizeKiB).toBeGreaterThan(home.freeKiB)
      expect(data).toMatchObject({ path: host().data, exists: false, writable: true })
    })

    test('that are there have an identity, also through a link', async () => {
      host().put('x', '')
      symlinkSync(host().home, host().data)
      const { dev, ino } = statSync(host().home)
      const { home, data } = await facts()
      expect([home, data].map(({ exists, identity }) => [exists, identity])).toEqual(
        [1, 2].map(() => [true, `${dev}:${ino}`]),
      )
    })

    test('on a disk of their own tell of that', async () => {
      host().mountSmallDisk('64k')
      expect((await facts()).home).toMatchObject({
        exists: true,
        freeKiB: 64,
        sizeKiB: 64,
        freeFiles: expect.any(Number),
        filesystem: 'tmpfs',
      })
    })

    test('on a disk of terabytes tell all of its numbers', async () => {
      host().mountSmallDisk('5T')
      const whole = 5 * 1024 ** 3
      expect((await facts()).home).toMatchObject({ freeKiB: whole, sizeKiB: whole })
    })

    test('tell how many files can still be made, where the file system has a limit', async () => {
      host().mountSmallDisk('64k,nr_inodes=50')
      expect((await facts()).home.freeFiles).toBe(49)
      host().fakeTool('stat', '#!/bin/sh\ncase $* in *-f*) echo "files 0 0" ;; *) exec /usr/bin/stat "$@" ;; esac\n')
      expect((await facts()).home.freeFiles).toBeNull()
    })

    test('on a disk that is read only are not writable, not even for root', async () => {
      host().mountSmallDisk('64k')
      execFileSync('mount', ['-o', 'remount,ro,noexec', host().home])
      expect((await facts()).home).toMatchObject({ exists: true, writable: false, readOnly: true, noExec: true })
      expect((await facts()).data).toMatchObject({ readOnly: false, noExec: false })
      expect((await facts([], { home: `${host().home}/below` })).home).toMatchObject({ exists: false, writable: false })
    })

    test('that are files, or lie below one, are obstructed', async () => {
      host().put('file', '')
      const dataAt = async (path: string) => (await facts([], { data: `${host().home}/${path}` })).data
      const obstructed = { writable: false, obstructed: true }
      expect(await dataAt('file')).toMatchObject({ exists: true, ...obstructed })
      expect(await dataAt('file/below')).toMatchObject({ exists: false, ...obstructed })
    })

    test('below ~ are resolved, without slashes at the end', async () => {
      const { home, data } = await facts([], { home: '~/trueno/', data: '~/it\'s "data"' })
      expect([home.path, data.path]).toEqual([`${host().root}/trueno`, `${host().root}/it's "data"`])
    })

    test('below ~ without a HOME are where the system has the user', async () => {
      const { stdout } = await host().run('facts', ['~/trueno', '/data', '127.0.0.1'], { env: { HOME: '' } })
      expect(stdout).toContain(`home\t${userInfo().homedir}/trueno\t`)
    })

    test('have no control characters, and are whole', async () => {
      const run = (home: string) => host().run('facts', [home, '/data', '127.0.0.1'])
      expect(await run('/a\nb')).toMatchObject({ code: 74, stdout: '' })
      expect(await run('relative')).toMatchObject({ code: 74, stdout: '' })
    })
  })

  test('of what is staged and configured', async () => {
    const [a, b] = ['a'.repeat(64), 'b'.repeat(64)]
    const start = { id: '1-2', time: 1, bootId: 'x', release: a, clusterFile: a, environment: b }
    const { put, home } = host()
    for (const directory of [
      `releases/${a}`,
      `releases/.new-${b}-1`,
      `artifacts/${a}`,
      `artifacts/${b}`,
      'artifacts/notes',
    ])
      put(`${directory}/x`, '')
    put(`artifacts/.part-${a}-1`, '')
    symlinkSync(`releases/${a}`, path.join(home, 'current'))
    put('etc/cluster.json', '{}')
    put('etc/environment', 'A=1\n')
    put('run/start.json', `${JSON.stringify(start)}\n`)
    put('run/stopped', '1-2\n')
    put('run/balancer-start.json', `${JSON.stringify({ ...start, id: '3-4' }, null, '\t')}\n`)
    put('receipt.json', 'no receipt')
    put('run/token', '\n9\n\n10\nx\n')
    put('lease/owner.json', '{"token":10,"who":"me\\"@x","purpose":"up","since":5}\n')
    put('lease/beat', `${Math.floor(Date.now() / 1000) - 1000}\n`)
    const found = await facts()
    expect(found).toMatchObject({
      currentRelease: a,
      releases: [a],
      artifacts: [a, b],
      files: {
        cluster: sha256('{}'),
        environment: sha256('A=1\n'),
        engines: null,
        balancer: null,
        receipt: sha256('no receipt'),
      },
      receipt: null,
      start,
      stoppedStart: '1-2',
      balancerStart: { ...start, id: '3-4' },
      token: 10,
      lease: { token: 10, who: 'me"@x', purpose: 'up', since: 5 },
    })
    expect(found.lease?.silent).toBeGreaterThanOrEqual(1000)
    expect(found.lease?.silent).toBeLessThan(1060)
  })

  test('of a lease count its silence by what nobody sets, and of an earlier boot from the present one on', async () => {
    const silent = async (moment: string) => {
      host().put('lease/owner.json', '{"token":10,"who":"me@x","purpose":"up","since":5}\n')
      host().put('lease/beat', `9999999999\n${moment}\n`)
      return (await facts()).lease?.silent ?? -1
    }
    const [uptime = 0] = readFileSync('/proc/uptime', 'utf8').split('.').map(Number)
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    expect(await silent(`${bootId} ${uptime - 30}`)).toBeGreaterThanOrEqual(30)
    expect(await silent(`${bootId} ${uptime + 9999}`)).toBe(0)
    expect(await silent('another-boot 9999999999')).toBeGreaterThanOrEqual(uptime)
  })

  test('change nothing on the disk', async () => {
    host().put('etc/cluster.json', '{}')
    const before = times(host().root)
    await facts([1, 2])
    expect(times(host().root)).toEqual(before)
  })
})

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function anyOrNull(type: unknown): unknown {
  return expect.toSatisfy((value: unknown) => value === null || expect.any(type).asymmetricMatch(value))
}

/** As dash says it; its -p is the number of processes. */
function limitOf(option: string): number {
  const said = execFileSync(pathOf('dash'), ['-c', `ulimit ${option}`], { encoding: 'utf8' }).trim()
  return said === 'unlimited' ? Number.POSITIVE_INFINITY : Number(said) / (/[vl]$/.test(option) ? 1 / 1024 : 1)
}

function filesystemOf(directory: string): string {
  const [, line = ''] = execFileSync('df', ['-PT', directory], { encoding: 'utf8' }).split('\n')
  return line.split(/ +/)[1] ?? ''
}

function times(directory: string): unknown {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .filter((file) => !file.startsWith('applets'))
    .map((file) => [file, statSync(path.join(directory, file)).mtimeMs])
}
