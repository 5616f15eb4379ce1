import { chmodSync, mkdirSync, statSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { hash } from '../helpers/fixtures.js'
import { inEachShell } from './test-host.js'

const done = { code: 0, stdout: '', stderr: '' }

inEachShell((host) => {
  describe('write', () => {
    const write = (token: number, file: string, content: string, ...more: string[]) => {
      const { home, run } = host()
      return run('write', [token, home, path.join(home, file), '600', ...more], { input: content })
    }

    test('puts standard input into a file, with its mode, in private directories', async () => {
      const content = 'x\0\n"\'$`\\ü\n\n'
      expect(await write(1, 'etc/deep/file', content)).toEqual(done)
      expect(host().read('etc/deep/file')).toBe(content)
      const modes = ['etc/deep/file', 'etc/deep', 'etc', '.'].map(
        (file) => statSync(path.join(host().home, file)).mode & 0o777,
      )
      expect(modes).toEqual([0o600, 0o700, 0o700, 0o700])
    })

    test('replaces a file, and leaves nothing beside it', async () => {
      host().put('etc/file', 'old')
      host().put('etc/file.new-999999999', 'of a script that died')
      expect(await write(1, 'etc/file', 'new')).toEqual(done)
      expect(host().list('etc')).toEqual(['file'])
      expect(host().read('etc/file')).toBe('new')
    })

    test('keeps the old file when something else arrives than was sent', async () => {
      host().put('etc/file', 'old')
      expect(await write(1, 'etc/file', 'ne', hash('new'))).toMatchObject({
        code: 71,
        stderr: expect.stringContaining(hash('new')),
      })
      expect([host().list('etc'), host().read('etc/file')]).toEqual([['file'], 'old'])
      expect(await write(1, 'etc/file', 'new', hash('new'))).toEqual(done)
    })

    test.each(['../out', 'a/../../out', '', 'etc/./x'])('refuses a path that is not inside: %j', async (file) => {
      const { home, run } = host()
      expect(await run('write', [1, home, `${home}/${file}`, '600'], { input: 'x' })).toMatchObject({
        code: 74,
        stdout: '',
      })
      expect(await run('write', [1, home, `/${file}`, '600'], { input: 'x' })).toMatchObject({ code: 74 })
    })

    test('says in one line what is in the way', async () => {
      host().put('etc', 'a file where a directory should be')
      const result = await write(1, 'etc/file', 'x')
      expect(result).toMatchObject({ code: 73, stdout: '' })
      expect(result.stderr.trim().split('\n')).toHaveLength(1)
      mkdirSync(path.join(host().home, 'receipt.json'))
      expect(await write(1, 'receipt.json', 'x')).toMatchObject({ code: 73 })
    })

    test('says that the disk is full, and keeps the old file', async () => {
      host().mountSmallDisk('64k')
      host().put('etc/file', 'old')
      expect(await write(1, 'etc/file', 'x'.repeat(100_000))).toMatchObject({
        code: 72,
        stderr: expect.stringContaining('no space left'),
      })
      expect([host().list('etc'), host().read('etc/file')]).toEqual([['file'], 'old'])
    })
  })

  describe('a lease token', () => {
    const activate = (token: number | string) => host().run('activate', [token, host().home, 'a'.repeat(64)])

    test('that is lower than one seen is stale', async () => {
      mkdirSync(path.join(host().home, 'releases', 'a'.repeat(64)), { recursive: true })
      expect(await activate(5)).toEqual(done)
      expect(await activate(5)).toEqual(done)
      expect(await activate(4)).toMatchObject({ code: 75, stderr: expect.stringContaining('token 4 is stale') })
      expect(await activate(10)).toEqual(done)
      expect(await activate(9)).toMatchObject({ code: 75 })
    })

    test('is the highest line of its file, whatever else is there', async () => {
      host().put('run/token', '7\nx\n\n12\n3')
      expect(await activate(11)).toMatchObject({ code: 75 })
      expect(await activate(12)).toMatchObject({ code: 74 })
    })

    test('of two at once the higher stays', async () => {
      await Promise.all([3, 9, 4, 8, 2].map(activate))
      expect(await activate(8)).toMatchObject({ code: 75 })
    })

    test.each(['', '-1', 'x', '1 2'])('must be a number: %j', async (token) => {
      expect(await activate(token)).toMatchObject({ code: 74 })
    })
  })

  describe('activate', () => {
    const [first, second] = ['1'.repeat(64), '2'.repeat(64)]

    test('links current to a release, in place of the one before', async () => {
      const { home, run, put, list } = host()
      put(`releases/${first}/name`, 'first')
      put(`releases/${second}/name`, 'second')
      expect(await run('activate', [1, home, first])).toEqual(done)
      expect(host().read('current/name')).toBe('first')
      expect(await run('activate', [1, home, second])).toEqual(done)
      expect(host().read('current/name')).toBe('second')
      expect([list('.'), list(`releases/${first}`)]).toEqual([['current', 'releases', 'run'], ['name']])
    })

    test('works over a link whose target is gone', async () => {
      const { home, run, put } = host()
      put(`releases/${first}/name`, 'first')
      symlinkSync('releases/gone', path.join(home, 'current'))
      expect(await run('activate', [1, home, first])).toEqual(done)
      expect(host().read('current/name')).toBe('first')
    })

    test('refuses a release that is not there, or no name of one', async () => {
      const { home, run } = host()
      expect(await run('activate', [1, home, first])).toMatchObject({ code: 74 })
      expect(await run('activate', [1, home, '../..'])).toMatchObject({ code: 74 })
    })
  })

  test('a home with control characters, or one that is not absolute, is refused', async () => {
    for (const home of ['', 'relative', '/a\nb', '/a\tb']) {
      expect(await host().run('activate', [1, home, 'a'.repeat(64)])).toMatchObject({ code: 74 })
    }
  })

  test('a home that cannot be made is said so', async () => {
    host().put('file', '')
    chmodSync(path.join(host().home, 'file'), 0o600)
    expect(await host().run('activate', [1, path.join(host().home, 'file', 'x'), 'a'.repeat(64)])).toMatchObject({
      code: 73,
    })
  })
})
