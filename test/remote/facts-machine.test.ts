import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { type FactsOptions, factsOf } from './facts-of.js'
import { inEachShell, minimalPath } from './test-host.js'

inEachShell((host) => {
  /** Facts of a host whose files of the system say other things. */
  const factsWith = (files: Readonly<Record<string, string>>, more: FactsOptions = {}) => {
    const places = Object.entries(files).map(([file, text], index) => {
      const place = path.join(host().root, `system-${index}`)
      writeFileSync(place, text)
      return [file, place]
    })
    return factsOf(host(), [], { ...more, instead: Object.fromEntries(places) })
  }

  describe('of memory', () => {
    test('are those of the machine, with its swap', async () => {
      const meminfo =
        'MemTotal:     4294967296 kB\nMemFree: 1 kB\nMemAvailable: 3221225472 kB\nSwapTotal:       512 kB\n'
      const { machine } = await factsWith({ '/proc/meminfo': meminfo })
      expect(machine).toMatchObject({ memoryKiB: 4_294_967_296, memoryAvailableKiB: 3_221_225_472, swapKiB: 512 })
    })

    test('are bounded by the control group of a container', async () => {
      const limit = async (text: string) =>
        (await factsWith({ '/sys/fs/cgroup/memory.max': text, '/sys/fs/cgroup/memory/': '' })).machine.memoryLimitKiB
      expect([await limit('1073741824\n'), await limit('4398046511104\n')]).toEqual([1_048_576, 4_294_967_296])
      expect([await limit('max\n'), await limit('9223372036854771712\n')]).toEqual([null, null])
    })

    test('that cannot be read are not known', async () => {
      const { machine } = await factsWith({ '/proc/meminfo': '', '/sys/kernel/mm/': '', '/proc/self/limits': '' })
      expect(machine).toMatchObject({
        memoryKiB: 0,
        swapKiB: null,
        hugePages: null,
        limits: { 'open-files': null, threads: null, 'address-space': null, 'locked-memory': null },
      })
    })
  })

  test('of huge pages are the choice that is in force', async () => {
    const { machine } = await factsWith({
      '/sys/kernel/mm/transparent_hugepage/enabled': '[always] madvise never\n',
    })
    expect(machine.hugePages).toBe('always')
  })

  test('of limits are the hard ones', async () => {
    const limits = [
      'Limit                     Soft Limit           Hard Limit           Units     ',
      'Max processes             100                  200                  processes ',
      'Max open files            1024                 unlimited            files     ',
      'Max address space         unlimited            4096                 bytes     ',
      'Max locked memory         8388608              9223372036854775807  bytes     ',
    ]
    const { machine } = await factsWith({ '/proc/self/limits': `${limits.join('\n')}\n` })
    expect(machine.limits).toEqual({
      'open-files': Number.POSITIVE_INFINITY,
      threads: 200,
      'address-space': 4096,
      'locked-memory': Number.POSITIVE_INFINITY,
    })
  })

  describe('of a session of logind', () => {
    const session = async (configuration: readonly string[], group = '/user.slice/user-7.slice/session-3.scope') => {
      const files = {
        '/proc/self/cgroup': `1:name=other:/\n0::${group}\n`,
        '/etc/passwd': 'root:x:0:0::/:/bin/sh\nann:x:7:7::/:/bin/sh\n',
        '/run/systemd/system': '',
        '/usr/lib/systemd/logind.conf': '',
        '/etc/systemd/logind.conf': `[Login]\n${configuration.join('\n')}\n`,
      }
      return (await factsWith(files)).machine.session
    }
    const end = async (...configuration: readonly string[]) => (await session(configuration))?.end

    test('say whose it is, and what becomes of its processes', async () => {
      expect(await session(['KillUserProcesses=yes'])).toEqual({ user: 'ann', end: 'kills' })
      expect(await end('#KillUserProcesses=yes', 'KillUserProcesses=no')).toBe('leaves')
      expect(await end('#KillUserProcesses=no')).toBe('leaves')
      expect(await end('#KillUserProcesses=yes')).toBe('kills')
      expect(await end('#HandleLidSwitch=suspend')).toBe('unknown')
    })

    test('know of users that are spared, or meant alone', async () => {
      expect(await end('KillUserProcesses=yes', 'KillExcludeUsers=root ann')).toBe('leaves')
      expect(await end('KillUserProcesses=yes', 'KillOnlyUsers=bob')).toBe('leaves')
      expect(await end('KillUserProcesses=no', 'KillOnlyUsers=bob ann')).toBe('kills')
      expect(await session(['KillUserProcesses=yes'], '/user.slice/user-0.slice/session-c1.scope')).toEqual({
        user: 'root',
        end: 'leaves',
      })
    })

    test('are none where processes belong to a service', async () => {
      expect(await session(['KillUserProcesses=yes'], '/system.slice/ssh.service')).toBeNull()
    })
  })

  describe('of its own addresses', () => {
    const locals = async (...lines: readonly string[]) =>
      (await factsWith({ '/proc/net/fib_trie': ['Main:', ...lines, ''].join('\n') })).localAddresses

    test('are those that the kernel takes for its own', async () => {
      const lo = ['|-- 127.0.0.0', '   /8 host LOCAL', '|-- 127.0.0.1', '  /32 host LOCAL']
      const lan = ['|-- 10.0.0.0', '  /24 link UNICAST', '|-- 10.0.0.42', '  /32 host LOCAL']
      expect(await locals(...lo, ...lan, '|-- 10.1.0.42', '  /32 host LOCAL', ...lan)).toEqual([
        '10.0.0.42',
        '10.1.0.42',
      ])
      expect(await locals(...lo)).toEqual([])
    })

    test('are not known where whole ranges are its own, or nothing says so', async () => {
      expect(await locals('|-- 10.0.0.0', '  /24 host LOCAL')).toBeNull()
      expect((await factsWith({ '/proc/net/fib_trie': '' })).localAddresses).toBeNull()
    })
  })

  test('of listeners say so when nobody tells who listens', async () => {
    expect((await factsWith({})).listenersSeen).toBe(true)
    const instead = { '/proc/net/tcp': '/nowhere/tcp' }
    expect((await factsOf(host(), [8000], { instead })).listenersSeen).toBe(false)
  })

  describe('of names', () => {
    const hosts = '10.0.0.1 a.lab a\n10.0.0.2 b.lab # c.lab\n10.0.0.3 a.lab\n127.0.1.1 me\n'
    const files = { '/etc/hosts': hosts, '/proc/sys/kernel/hostname': 'me\n' }

    test('are those of /etc/hosts, without another look-up', async () => {
      host().fakeTool('getent', '#!/bin/sh\necho 10.9.9.9 STREAM\n')
      const { names } = await factsWith(files, { asked: ['hostname', 'name=a.lab', 'name=b.lab'] })
      expect(names).toEqual({ me: ['127.0.1.1'], 'a.lab': ['10.0.0.1', '10.0.0.3'], 'b.lab': ['10.0.0.2'] })
    })

    test('are looked up where it has none, each address once', async () => {
      const known = 'case $2 in c.lab) printf "10.0.0.4 STREAM\\n10.0.0.4 DGRAM\\n::4 RAW\\n" ;; *) exit 2 ;; esac'
      host().fakeTool('getent', `#!/bin/sh\n${known}\n`)
      const { names } = await factsWith(files, { asked: ['name=c.lab', 'name=d.lab', 'name=b'] })
      expect(names).toEqual({ 'c.lab': ['10.0.0.4', '::4'], 'd.lab': [], b: [] })
    })

    test('are not known when looking up takes too long, and there are no more than are asked for', async () => {
      host().fakeTool('timeout', '#!/bin/sh\nexit 124\n')
      expect((await factsWith(files, { asked: ['name=c.lab', 'name=-x', 'name=$(x)'] })).names).toEqual({})
      expect((await factsWith(files)).names).toEqual({})
    })

    test('are not known where nobody can look them up', async () => {
      const env = { PATH: `${host().root}/tools:${minimalPath(host())}` }
      expect((await factsWith(files, { asked: ['name=c.lab', 'name=a.lab'], env })).names).toEqual({
        'a.lab': ['10.0.0.1', '10.0.0.3'],
      })
    })

    test('of many are all told', async () => {
      host().fakeTool('getent', '#!/bin/sh\necho 10.0.0.5 STREAM\n')
      // It never gets late.
      host().fakeTool('date', '#!/bin/sh\necho 1700000000\n')
      const many = Array.from({ length: 40 }, (_, index) => `n${index}.lab`)
      const { names } = await factsWith(files, { asked: many.map((name) => `name=${name}`) })
      expect(Object.keys(names)).toHaveLength(40)
    })
  })
})
