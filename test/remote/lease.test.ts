import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { inEachShell } from './test-host.js'

const longAgo = '1000000000'
const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
const uptime = () => Math.floor(Number.parseFloat(readFileSync('/proc/uptime', 'utf8')))

inEachShell((host) => {
  const lease = (token: number, ...words: string[]) => host().run('lease', [token, host().home, ...words])
  const take = (who = 'me@laptop', purpose = 'up') => lease(0, 'take', who, purpose)
  const silence = () => host().put('lease/beat', longAgo)
  const owner = () => JSON.parse(host().read('lease/owner.json')) as unknown

  describe('take', () => {
    test('makes the lease, with a token that rises', async () => {
      expect(await take()).toEqual({ code: 0, stdout: 'token\t1\n', stderr: '' })
      expect(owner()).toEqual({ token: 1, who: 'me@laptop', purpose: 'up', since: expect.any(Number), run: '' })
      expect(await lease(1, 'release')).toEqual({ code: 0, stdout: '', stderr: '' })
      expect(await take()).toMatchObject({ stdout: 'token\t2\n' })
      expect([host().list('.'), host().list('lease')]).toEqual([
        ['lease', 'run'],
        ['beat', 'owner.json'],
      ])
    })

    test('gives a token higher than any seen here', async () => {
      host().put('run/token', '41\n')
      expect(await take()).toMatchObject({ stdout: 'token\t42\n' })
    })

    test('of a lease that is held says by whom, and changes nothing', async () => {
      await take('they@desk', 'down')
      const before = owner()
      const result = await take()
      expect(result).toMatchObject({ code: 74, stdout: expect.stringMatching(/^held\t\{.*\}\t\d+\n$/) })
      expect(JSON.parse(result.stdout.split('\t')[1] ?? '')).toEqual(before)
      expect(owner()).toEqual(before)
    })

    test('takes over from an owner that has been silent for more than a minute', async () => {
      await take('they@desk')
      silence()
      expect(await take()).toEqual({ code: 0, stdout: 'token\t2\n', stderr: '' })
      expect(owner()).toMatchObject({ token: 2, who: 'me@laptop' })
      expect(await lease(1, 'beat')).toMatchObject({ code: 75 })
      expect(await lease(1, 'release')).toMatchObject({ code: 75 })
      expect(owner()).toMatchObject({ token: 2 })
    })

    test('takes over from a run that is said to have ended, and from no other', async () => {
      await lease(0, 'take', 'me@laptop', 'up', 'abc')
      expect(await lease(0, 'take', 'me@laptop', 'up', 'def', '123')).toMatchObject({ code: 74 })
      expect(await lease(0, 'take', 'me@laptop', 'up', 'def', 'abc')).toMatchObject({ code: 0, stdout: 'token\t2\n' })
      expect(await lease(1, 'beat')).toMatchObject({ code: 75 })
      expect(owner()).toMatchObject({ token: 2, run: 'def' })
    })

    test('takes over what is no lease', async () => {
      host().put('lease/something', 'x')
      expect(await take()).toMatchObject({ code: 0 })
      expect(host().list('lease')).toEqual(['beat', 'owner.json'])
    })

    test('goes by what nobody sets, the time since the machine began', async () => {
      await take('they@desk')
      host().fakeTool('date', '#!/bin/sh\necho 9999999999\n')
      expect(await take()).toMatchObject({ code: 74, stdout: expect.stringMatching(/^held\t.*\t\d+\n$/) })
      host().put('lease/beat', `9999999999\n${bootId} ${uptime() - 61}\n`)
      expect(await take()).toMatchObject({ code: 0, stdout: 'token\t2\n' })
    })

    test('of an owner that was not heard since the machine began anew waits as long as since then', async () => {
      await take('they@desk')
      host().put('lease/beat', `1\nanother-boot 1\n`)
      expect(uptime()).toBeGreaterThan(60)
      expect(await take()).toMatchObject({ code: 0, stdout: 'token\t2\n' })
    })

    test('does not take a clock that was set back for silence', async () => {
      await take('they@desk')
      host().put('lease/beat', '99999999999')
      expect(await take()).toMatchObject({ code: 74, stdout: expect.stringMatching(/\t0\n$/) })
    })

    test('keeps any name as it is', async () => {
      const who = `it's "me"\\ $x \`y\` ü\ttab\nline`
      await take(who, '{"token":9}')
      expect(owner()).toMatchObject({ who: who.replaceAll(/[\t\n]/g, ''), purpose: '{"token":9}', token: 1 })
      expect(await lease(1, 'beat')).toMatchObject({ code: 0 })
    })

    test('gives a token higher than any that another host has seen', async () => {
      expect(await lease(7, 'take', 'me@laptop', 'up')).toMatchObject({ stdout: 'token\t8\n' })
    })

    test('repeated by the same run gives what it has', async () => {
      await lease(0, 'take', '"run":"c0ffee"', 'up', 'ab12')
      expect(await lease(0, 'take', 'me@laptop', 'up', 'ab12')).toEqual({ code: 0, stdout: 'token\t1\n', stderr: '' })
      expect(await lease(0, 'take', 'me@laptop', 'up', 'c0ffee')).toMatchObject({ code: 74 })
      expect(await lease(0, 'take', 'me@laptop', 'up', '*')).toMatchObject({ code: 74 })
      expect(await lease(1, 'beat')).toMatchObject({ code: 0 })
    })

    test('needs names', async () => {
      expect(await lease(0, 'take')).toMatchObject({ code: 74 })
      expect(await lease(0, 'steal')).toMatchObject({ code: 74 })
    })
  })

  describe('of ten at once exactly one', () => {
    const race = async () => {
      const results = await Promise.all(Array.from({ length: 10 }, (_, at) => take(`contender ${at}`)))
      const won = results.flatMap(({ code }, at) => (code === 0 ? [`contender ${at}`] : []))
      return { won, lost: results.filter(({ code, stdout }) => code === 74 && stdout.startsWith('held\t')).length }
    }

    test('takes a free lease', async () => {
      const { won, lost } = await race()
      expect([won.length, lost]).toEqual([1, 9])
      expect(owner()).toMatchObject({ who: won[0], token: 1 })
    })

    test('takes over a silent one', async () => {
      await take('they@desk')
      silence()
      const { won, lost } = await race()
      expect([won.length, lost]).toEqual([1, 9])
      expect(owner()).toMatchObject({ who: won[0], token: 2 })
      expect(host().list('.')).toEqual(['lease', 'run'])
      expect(host().list('run')).toEqual(['token'])
    })
  })

  test('beat tells the others that its owner lives', async () => {
    await take()
    silence()
    expect(await lease(1, 'beat')).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(Number.parseInt(host().read('lease/beat'), 10)).toBeGreaterThan(Number(longAgo))
    expect(await take()).toMatchObject({ code: 74 })
  })

  test('release may be repeated, but only by the last owner', async () => {
    await take()
    await lease(1, 'release')
    expect(await lease(1, 'release')).toMatchObject({ code: 0 })
    expect(await lease(2, 'release')).toMatchObject({ code: 75 })
    expect(await lease(1, 'beat')).toMatchObject({ code: 75 })
    expect(host().list('lease')).toEqual([])
  })

  test('one that died while it took the lease is in nobody’s way', async () => {
    host().put('run/.lease-999999999-1', '')
    host().put('.lease-999999999/lease/beat', '')
    expect(await take()).toMatchObject({ code: 0 })
    expect(host().list('.')).toEqual(['lease', 'run'])
  })

  test('a full disk is said so, and nothing is taken', async () => {
    host().mountSmallDisk('64k')
    host().put('large', Buffer.alloc(65_536 - 4096))
    expect(await take()).toMatchObject({ code: 72 })
    expect(host().list('lease')).toEqual([])
  })
})
