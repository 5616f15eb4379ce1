import { createHash } from 'node:crypto'
import { readdir, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { binaries } from '../../src/trueno/release.js'
import { listing } from './archives.js'
import { artifactFiles, artifactOf, runOnce, tarOf } from './opened.js'
import { layOut, trueno, workshop } from './packages.js'

describe('an artifact', () => {
  test('is a tar of nothing but names, contents, x-bits and links', async () => {
    await using shop = await workshop()
    const opened = await shop.open(await layOut(join(shop.root, 'package'), trueno))
    expect(await listing(await tarOf(opened, 'gremlin_server'))).toEqual([
      'directory 755 0:0 2000 bin',
      'file 755 0:0 2000 bin/gremlin-server.sh 10 bytes',
      'directory 755 0:0 2000 conf',
      'file 644 0:0 2000 conf/gremlin-server-trueno.yaml 1600 bytes',
      'directory 755 0:0 2000 lib',
      'file 644 0:0 2000 lib/gremlin-server-3.2.3.jar 3 bytes',
    ])
    expect(await listing(await tarOf(opened, 'package'))).toContain(
      'symlink 777 0:0 2000 node_modules/.bin/pm2 ../pm2/bin/pm2',
    )
  })

  test('has the configuration that Trueno rewrites at every start emptied', async () => {
    await using shop = await workshop()
    const folder = await layOut(join(shop.root, 'package'), trueno)
    await runOnce(folder)
    expect(await listing(await tarOf(await shop.open(folder), 'elasticsearch'))).toContain(
      'file 644 0:0 2000 config/elasticsearch.yml 0 bytes',
    )
  })

  test('is sent compressed where that makes it smaller, is named by the tar, and kept for the owner alone', async () => {
    await using shop = await workshop()
    const opened = await shop.open(await layOut(join(shop.root, 'package'), trueno))
    const encodings: Record<string, string> = {}
    for (const artifact of opened.release.artifacts) {
      const file = await opened.open(artifact.sha256)
      encodings[artifact.name] = file.encoding
      const bytes = await buffer(file.read())
      expect(bytes.length).toBe(file.bytes)
      const tar = file.encoding === 'gz' ? gunzipSync(bytes) : bytes
      expect([createHash('sha256').update(tar).digest('hex'), tar.length]).toEqual([artifact.sha256, artifact.bytes])
    }
    expect(encodings).toEqual({ package: 'gz', elasticsearch: 'tar', gremlin_server: 'gz' })
    const kept = await Promise.all((await artifactFiles(shop.cacheDirectory)).map((file) => stat(file)))
    expect(kept.map(({ mode }) => mode & 0o777)).toEqual([0o600, 0o600, 0o600])
  })

  test('that was made before says what it weighs on the wire', async () => {
    await using shop = await workshop()
    const folder = await layOut(join(shop.root, 'package'), trueno)
    const first = await shop.open(folder)
    const { bytes } = await first.open(artifactOf(first, 'package').sha256)
    expect(artifactOf(first, 'package')).not.toHaveProperty('wireBytes')
    expect(artifactOf(await shop.open(folder), 'package').wireBytes).toBe(bytes)
  })

  test('that was made before is not removed for others that are made now', async () => {
    await using shop = await workshop()
    const folder = await layOut(join(shop.root, 'trueno'), trueno)
    const { sha256 } = artifactOf(await shop.open(folder), 'package')
    await (await shop.open(folder)).open(sha256)
    const [old = ''] = await artifactFiles(shop.cacheDirectory)
    await utimes(old, 1, 1)
    for (let other = 10; other < 40; other += 1)
      await writeFile(join(dirname(old), `${String(other).repeat(32)}.tar`), 'of another release')
    const opened = await shop.open(folder)
    await opened.open(artifactOf(opened, 'elasticsearch').sha256)
    expect(await artifactFiles(shop.cacheDirectory)).toContain(old)
  })

  test('is made again when its file was cut short', async () => {
    await using shop = await workshop()
    const folder = await layOut(join(shop.root, 'package'), trueno)
    for (const name of ['package', 'elasticsearch']) {
      const before = await buffer(await tarOf(await shop.open(folder), name))
      for (const file of await artifactFiles(shop.cacheDirectory)) await truncate(file, 100)
      expect(await buffer(await tarOf(await shop.open(folder), name))).toEqual(before)
    }
  })

  test('is made once for all who ask at the same time', async () => {
    await using shop = await workshop()
    const opened = await shop.open(await layOut(join(shop.root, 'package'), trueno))
    const { sha256 } = artifactOf(opened, 'package')
    const files = await Promise.all([opened.open(sha256), opened.open(sha256), opened.open(sha256)])
    expect(new Set(files.map(({ bytes }) => bytes)).size).toBe(1)
    expect(await artifactFiles(shop.cacheDirectory)).toHaveLength(1)
  })

  test('is refused, and nothing kept, when its files changed after they were read', async () => {
    await using shop = await workshop()
    const folder = await layOut(join(shop.root, 'package'), trueno)
    const opened = await shop.open(folder)
    await writeFile(join(folder, `${binaries}/elasticsearch/config/jvm.options`), '-Xms4g\n')
    const { sha256 } = artifactOf(opened, 'elasticsearch')
    await expect(opened.open(sha256)).rejects.toMatchObject({ problems: [{ code: 'release-changed' }] })
    expect(await readdir(join(shop.cacheDirectory, 'artifacts'))).toEqual([])
  })
})

test('disposing ends what is being made and leaves nothing of it', async () => {
  await using shop = await workshop()
  const opened = await shop.open(await layOut(join(shop.root, 'package'), trueno))
  const making = opened.open(artifactOf(opened, 'package').sha256).catch((error: Error) => error.name)
  await opened[Symbol.asyncDispose]()
  expect(await making).toBe('AbortError')
  expect(await artifactFiles(shop.cacheDirectory)).toEqual([])
})
