import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { inEachShell, type TestHost } from './test-host.js'

inEachShell((host) => {
  const receive = (sha256: string, encoding: string, input: Buffer) => {
    const { home, run } = host()
    return run('receive', [1, home, sha256, encoding], { input })
  }

  test.each(['tar', 'gz'])('receive unpacks what arrived as %s into the store', async (encoding) => {
    const { tar, sha256 } = artifactOf(host())
    const sent = encoding === 'gz' ? gzipSync(tar) : tar
    expect(await receive(sha256, encoding, sent)).toEqual({ code: 0, stdout: 'stored\n', stderr: '' })
    const tree = path.join(host().home, 'artifacts', sha256)
    expect(host().list('artifacts')).toEqual([sha256])
    expect(readdirSync(tree).sort()).toEqual(['a file', 'dir', 'link'])
    expect(readFileSync(path.join(tree, 'dir/tool'), 'utf8')).toBe('#!/bin/sh\n')
    expect(statSync(path.join(tree, 'dir/tool')).mode & 0o100).toBe(0o100)
    expect(readlinkSync(path.join(tree, 'link'))).toBe('dir/tool')
  })

  test('receive takes what is there already to its end, and leaves it', async () => {
    const { sha256 } = artifactOf(host())
    host().put(`artifacts/${sha256}/mine`, 'x')
    const result = await receive(sha256, 'tar', Buffer.alloc(300_000))
    expect(result).toEqual({ code: 0, stdout: 'present\n', stderr: '' })
    expect(host().list(`artifacts/${sha256}`)).toEqual(['mine'])
  })

  test.each([
    ['another tar', 'tar', (tar: Buffer) => Buffer.concat([tar, Buffer.from('x')])],
    ['half of it', 'tar', (tar: Buffer) => tar.subarray(0, 700)],
    ['nothing', 'tar', () => Buffer.alloc(0)],
    ['half of a gzip', 'gz', (tar: Buffer) => gzipSync(tar).subarray(0, 60)],
    ['no gzip', 'gz', (tar: Buffer) => tar],
  ])('receive leaves nothing of %s', async (_, encoding, spoil) => {
    const { tar, sha256 } = artifactOf(host())
    const result = await receive(sha256, encoding, spoil(tar))
    expect(result).toMatchObject({ code: 71, stdout: '', stderr: expect.stringContaining(`not artifact ${sha256}`) })
    expect(result.stderr.trim().split('\n')).toHaveLength(1)
    expect(host().list('artifacts')).toEqual([])
  })

  test('receive says how much is free when the disk is full on arrival, and leaves nothing', async () => {
    host().mountSmallDisk('1m')
    const { tar, sha256 } = artifactOf(host(), 2_000_000)
    const result = await receive(sha256, 'tar', tar)
    expect(result).toMatchObject({
      code: 72,
      stderr: expect.stringMatching(/no space left .* \d{3,4} KiB, \d+ files free, needed: more than that\n$/),
    })
    expect(host().list('artifacts')).toEqual([])
  })

  test('receive says how much is needed when the disk is full while unpacking', async () => {
    host().mountSmallDisk('1m')
    const { tar, sha256 } = artifactOf(host(), 700_000)
    const result = await receive(sha256, 'tar', tar)
    expect(result).toMatchObject({
      code: 72,
      stderr: expect.stringMatching(/\d{3,4} KiB, \d+ files free, needed: 1\d{3} KiB, 5 files\n$/),
    })
    expect(host().list('artifacts')).toEqual([])
  })

  test('receive removes what dead ones left, not what living ones write', async () => {
    const { tar, sha256 } = artifactOf(host())
    const alive = `.part-x-${process.pid}`
    for (const name of ['.part-x-999999999', '.new-x-999999999/tree', alive]) host().put(`artifacts/${name}`, '')
    expect(await receive(sha256, 'tar', tar)).toMatchObject({ code: 0 })
    expect(host().list('artifacts')).toEqual([alive, sha256].sort())
  })

  test('receive of one artifact by several at once stores it once', async () => {
    const { tar, sha256 } = artifactOf(host())
    const results = await Promise.all([1, 2, 3, 4].map(() => receive(sha256, 'gz', gzipSync(tar))))
    expect(results.map(({ code, stderr }) => [code, stderr])).toEqual([1, 2, 3, 4].map(() => [0, '']))
    expect(host().list('artifacts')).toEqual([sha256])
    expect(host().list(`artifacts/${sha256}`)).toEqual(['a file', 'dir', 'link'])
  })

  test('receive refuses what is no hash and no known encoding', async () => {
    expect(await receive('../../etc', 'tar', Buffer.alloc(0))).toMatchObject({ code: 74 })
    expect(await receive('a'.repeat(64), 'zip', Buffer.alloc(0))).toMatchObject({ code: 74 })
  })

  test('receive refuses a stale token', async () => {
    const { home, run, put } = host()
    put('run/token', '2\n')
    expect(await run('receive', [1, home, 'a'.repeat(64), 'tar'], { input: '' })).toMatchObject({ code: 75 })
  })
})

/** A tar with a file, a program and a link, and as many bytes more. */
function artifactOf({ root }: TestHost, bytes = 10): { tar: Buffer; sha256: string } {
  const tree = path.join(root, 'tree')
  mkdirSync(path.join(tree, 'dir'), { recursive: true })
  writeFileSync(path.join(tree, 'dir/tool'), '#!/bin/sh\n', { mode: 0o755 })
  writeFileSync(path.join(tree, 'a file'), Buffer.alloc(bytes, 'x'))
  symlinkSync('dir/tool', path.join(tree, 'link'))
  const tar = execFileSync('tar', ['-cf', '-', '-C', tree, '.'], { maxBuffer: 1e8 })
  return { tar, sha256: createHash('sha256').update(tar).digest('hex') }
}
