import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { type Artifact, argumentsOf, artifactOf, sizeOf } from './artifact.js'
import { settled } from './sleepers.js'
import { inEachShell, pathOf } from './test-host.js'

inEachShell((host) => {
  const receive = (artifact: Artifact, input: Buffer, keep = 'drop') =>
    host().run('receive', argumentsOf(host(), artifact, keep), { input })

  test.each(['tar', 'gz'] as const)('receive unpacks what arrived as %s into the store', async (encoding) => {
    const artifact = artifactOf(host(), { encoding })
    expect(await receive(artifact, artifact.sent)).toEqual({ code: 0, stdout: 'from 0\nstored\n', stderr: '' })
    const tree = path.join(host().home, 'artifacts', artifact.sha256)
    expect(host().list('artifacts')).toEqual([artifact.sha256])
    expect(readdirSync(tree).sort()).toEqual(['a file', 'dir', 'link'])
    expect(readFileSync(path.join(tree, 'dir/tool'), 'utf8')).toBe('#!/bin/sh\n')
    expect(statSync(path.join(tree, 'dir/tool')).mode & 0o100).toBe(0o100)
    expect(readlinkSync(path.join(tree, 'link'))).toBe('dir/tool')
  })

  test('receive wants nothing of what is there already, and leaves it', async () => {
    const artifact = artifactOf(host())
    host().put(`artifacts/${artifact.sha256}/mine`, 'x')
    expect(await receive(artifact, Buffer.alloc(0))).toEqual({ code: 0, stdout: 'present\n', stderr: '' })
    expect(host().list(`artifacts/${artifact.sha256}`)).toEqual(['mine'])
  })

  test('receive keeps what has arrived when it breaks off, and goes on from there', async () => {
    const artifact = artifactOf(host(), { encoding: 'gz', bytes: 100_000 })
    const half = Math.floor(artifact.sent.length / 2)
    const first = await receive(artifact, artifact.sent.subarray(0, half))
    expect(first).toMatchObject({ code: 70, stdout: 'from 0\n', stderr: expect.stringContaining(`after ${half} of`) })
    expect(host().list('artifacts')).toEqual([`.part-${artifact.wire}`])
    const second = await receive(artifact, artifact.sent.subarray(half))
    expect(second).toEqual({ code: 0, stdout: `from ${half}\nstored\n`, stderr: '' })
    expect(host().list('artifacts')).toEqual([artifact.sha256])
  })

  test('receive keeps what travelled beside the tree where it is to be passed on', async () => {
    const artifact = artifactOf(host())
    expect(await receive(artifact, artifact.sent, 'keep')).toMatchObject({ code: 0 })
    expect(host().list('artifacts')).toEqual([`.seed-${artifact.wire}-1`, artifact.sha256])
    expect(readFileSync(path.join(host().home, `artifacts/.seed-${artifact.wire}-1`))).toEqual(artifact.sent)
  })

  test.each([
    ['other bytes', (sent: Buffer) => Buffer.from(sent).fill('x', 20, 30)],
    ['more than it is', (sent: Buffer) => Buffer.concat([sent, Buffer.from('x')])],
  ])('receive leaves nothing of %s', async (_, spoil) => {
    const artifact = artifactOf(host())
    const result = await receive(artifact, spoil(artifact.sent))
    expect(result.code === 71 || result.code === 70).toBe(true)
    expect(result.stderr.trim().split('\n')).toHaveLength(1)
    expect(await receive(artifact, artifact.sent)).toMatchObject({ code: 0, stdout: 'from 0\nstored\n' })
  })

  test('receive says of a part that is no part of it that it differs, and has removed it', async () => {
    const artifact = artifactOf(host())
    host().put(`artifacts/.part-${artifact.wire}`, 'something else')
    const result = await receive(artifact, artifact.sent.subarray(14))
    expect(result).toMatchObject({ code: 71, stderr: expect.stringContaining(`not artifact ${artifact.sha256}`) })
    expect(host().list('artifacts')).toEqual([])
  })

  test('receive does not begin what the disk has no room for, and says how much that is', async () => {
    host().mountSmallDisk('1m')
    const artifact = artifactOf(host(), { bytes: 700_000 })
    const result = await receive(artifact, artifact.sent)
    expect(result).toMatchObject({
      code: 72,
      stdout: '',
      stderr: expect.stringMatching(/no space left .* \d{3,4} KiB, \d+ files free, needed: 13\d\d KiB\n$/),
    })
    expect(host().list('artifacts')).toEqual([])
  })

  test('receive keeps what has arrived when others fill the disk meanwhile, and needs no more than the rest', async () => {
    host().mountSmallDisk('1m')
    const artifact = artifactOf(host(), { bytes: 400_000 })
    const child = host().start('receive', argumentsOf(host(), artifact, 'drop'))
    const ended = child.result()
    child.stdin.write(artifact.sent.subarray(0, 100_000))
    await settled(() => sizeOf(host(), artifact) === 100_000)
    host().fillDisk()
    child.stdin.end(artifact.sent.subarray(100_000))
    expect(await ended).toMatchObject({ code: 72, stderr: expect.stringContaining('no space left to store artifact') })
    const arrived = sizeOf(host(), artifact)
    expect(arrived).toBeGreaterThanOrEqual(100_000)
    host().emptyDisk()
    expect(await receive(artifact, artifact.sent.subarray(arrived))).toMatchObject({
      code: 0,
      stdout: `from ${arrived}\nstored\n`,
    })
    expect(host().list('artifacts')).toEqual([artifact.sha256])
  })

  test('receive keeps what has arrived when the disk is full while it is unpacked, and wants nothing of it again', async () => {
    host().mountSmallDisk('4m,nr_inodes=9')
    const artifact = artifactOf(host(), { encoding: 'gz' })
    expect(await receive(artifact, artifact.sent)).toMatchObject({
      code: 72,
      stderr: expect.stringMatching(/unpack artifact .* \d+ files free, needed: \d+ KiB, 5 files\n$/),
    })
    expect(host().list('artifacts')).toEqual([`.part-${artifact.wire}`])
    host().remountDisk('4m,nr_inodes=90')
    expect(await receive(artifact, Buffer.alloc(0))).toMatchObject({
      code: 0,
      stdout: `from ${artifact.sent.length}\nstored\n`,
    })
    expect(host().list('artifacts')).toEqual([artifact.sha256])
  })

  test('receive stores nothing of what gzip breaks off where tar sees no fault', async () => {
    const artifact = artifactOf(host(), { encoding: 'gz' })
    host().fakeTool('gzip', `#!/bin/sh\n${pathOf('gzip')} "$@" | head -c 512\nexit 1\n`)
    expect(await receive(artifact, artifact.sent)).toMatchObject({ code: 70 })
    expect(host().list('artifacts')).toEqual([`.part-${artifact.wire}`])
  })

  test('receive leaves nothing of a copy to be passed on that did not succeed', async () => {
    const artifact = artifactOf(host())
    host().fakeTool('ln', '#!/bin/sh\nexit 1\n')
    host().fakeTool('cp', '#!/bin/sh\nhead -c 10 "$1" >"$2"\nexit 1\n')
    expect(await host().run('receive', argumentsOf(host(), artifact, 'keep'), { input: artifact.sent })).toMatchObject({
      code: 0,
      stdout: 'from 0\npassing\nstored\n',
    })
    expect(host().list('artifacts')).toEqual([artifact.sha256])
  })

  test('receive removes what dead ones were unpacking, not what living ones are', async () => {
    const artifact = artifactOf(host())
    const alive = `.new-x-${process.pid}`
    for (const name of ['.new-x-999999999/tree', `${alive}/tree`]) host().put(`artifacts/${name}`, '')
    expect(await receive(artifact, artifact.sent)).toMatchObject({ code: 0 })
    expect(host().list('artifacts')).toEqual([alive, artifact.sha256].sort())
  })

  test('receive of one artifact by several at once stores it once, and only one of them takes it', async () => {
    const artifact = artifactOf(host(), { encoding: 'gz', bytes: 50_000 })
    const results = await Promise.all([1, 2, 3, 4].map(() => receive(artifact, artifact.sent)))
    expect(results.map(({ code, stderr }) => [code, stderr])).toEqual([1, 2, 3, 4].map(() => [0, '']))
    expect(results.map(({ stdout }) => stdout).sort()).toEqual(['from 0\nstored\n', ...Array(3).fill('present\n')])
    expect(host().list('artifacts')).toEqual([artifact.sha256])
    expect(host().list('run')).toEqual(['token'])
  })

  test('receive ends one that hangs on a link that is gone, and goes on where that was', async () => {
    const artifact = artifactOf(host())
    const hanging = host().start('receive', argumentsOf(host(), artifact, 'drop'))
    const ended = hanging.result()
    hanging.stdin.write(artifact.sent.subarray(0, 1000))
    await settled(() => sizeOf(host(), artifact) === 1000)
    const next = await receive(artifact, artifact.sent.subarray(1000))
    expect(next).toEqual({ code: 0, stdout: 'from 1000\nstored\n', stderr: '' })
    expect((await ended).code).toBe(70)
  })

  test('receive refuses what is no hash, no known encoding, no known source', async () => {
    const good = argumentsOf(host(), artifactOf(host()), 'drop')
    for (const [at, wrong] of [
      [2, '../../etc'],
      [3, 'zip'],
      [4, 'x'],
      [5, 'many'],
      [7, 'elsewhere'],
      [8, 'perhaps'],
    ] as const)
      expect(await host().run('receive', good.with(at, wrong), { input: '' })).toMatchObject({ code: 74 })
  })

  test('receive refuses a stale token', async () => {
    host().put('run/token', '2\n')
    const artifact = artifactOf(host())
    expect(await receive(artifact, artifact.sent)).toMatchObject({ code: 75 })
  })
})
