import { appendFile, chmod, mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type OpenRelease, openRelease } from '../../src/release/open.js'
import { type Artifact, binaries } from '../../src/trueno/release.js'
import { listing, tgzOf } from './archives.js'
import { runOnce, tarOf } from './opened.js'
import { elf, type Files, layOut, trueno, workshop } from './packages.js'

const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/)

describe('a folder of real Trueno', () => {
  test('is described by what is in it', async () => {
    await using shop = await workshop()
    const node = { program: elf(62, '/lib64/ld-linux-x86-64.so.2') }
    const folder = await layOut(join(shop.root, 'package'), { ...trueno, 'runtime/node/bin/node': node })
    const opened = await shop.open(folder)
    const artifact = (name: string, to: string, needs: Artifact['for']) => {
      return { sha256, name, bytes: expect.any(Number), space: expect.any(Object), to, for: needs }
    }
    expect(opened.release).toEqual({
      id: sha256,
      kind: 'trueno',
      label: 'Trueno dev, Elasticsearch 5.3.2, Gremlin 3.2.3',
      nodeRange: '^8 || ^12',
      hasRuntime: true,
      components: ['elasticsearch', 'gremlin_server'],
      needsJava: true,
      realElasticsearch: true,
      binds: 'all',
      killTimeoutMs: 10_000,
      artifacts: [
        artifact('package', '', 'every'),
        { ...artifact('runtime', 'runtime', 'every'), runtime: { arch: 'x86_64', libc: 'glibc' } },
        artifact('elasticsearch', `${binaries}/elasticsearch`, ['index']),
        artifact('gremlin_server', `${binaries}/gremlin_server`, 'members'),
      ],
    })
  })

  test('can bring a Node for each platform, all of them for one place on a host', async () => {
    await using shop = await workshop()
    const files = {
      'runtime/node/bin/node': { program: elf(62, '/lib64/ld-linux-x86-64.so.2') },
      'runtime/node/README.md': 'for all others',
      'runtime/linux-arm64/node/bin/node': { program: elf(183, '/lib/ld-linux-aarch64.so.1') },
      'runtime/linux-x64-musl/node/bin/node': { program: elf(62, '/lib/ld-musl-x86_64.so.1') },
      'runtime/linux-arm64-musl/node/bin/node': { program: elf(183, '') },
    }
    const opened = await shop.open(await layOut(join(shop.root, 'package'), { ...trueno, ...files }))
    const runtimes = opened.release.artifacts.filter(({ to }) => to === 'runtime')
    expect(runtimes.map(({ name, runtime }) => [name, runtime?.arch, runtime?.libc])).toEqual([
      ['runtime', 'x86_64', 'glibc'],
      ['runtime-linux-arm64', 'aarch64', 'glibc'],
      ['runtime-linux-arm64-musl', 'aarch64', 'unknown'],
      ['runtime-linux-x64-musl', 'x86_64', 'musl'],
    ])
    const inTar = async (name: string) => (await listing(await tarOf(opened, name))).map((line) => line.split(' ')[4])
    expect(await inTar('runtime')).toEqual(['node', 'node/README.md', 'node/bin', 'node/bin/node'])
    expect(await inTar('runtime-linux-arm64')).toEqual(['node', 'node/bin', 'node/bin/node'])
    expect(await inTar('package')).not.toContainEqual(expect.stringContaining('runtime'))
  })

  test('can say of itself that it is different', async () => {
    await using shop = await workshop()
    const declared = { label: 'Trueno with engines of ours', needsJava: false, realElasticsearch: false }
    const manifest = JSON.stringify({ ...JSON.parse(String(trueno['package.json'])), truenoDeploy: declared })
    const opened = await shop.open(await layOut(join(shop.root, 'package'), { ...trueno, 'package.json': manifest }))
    expect(opened.release).toMatchObject({ kind: 'trueno', nodeRange: '^8 || ^12', ...declared })
  })

  test('a component of which there is only a placeholder is not part of it', async () => {
    await using shop = await workshop()
    const placeholders = {
      [`${binaries}/cerebro/bin/cerebro`]: { program: '' },
      [`${binaries}/trueno_compute_server/server_start.sh`]: { program: '#!/bin/sh\n' },
    }
    const opened = await shop.open(await layOut(join(shop.root, 'package'), { ...trueno, ...placeholders }))
    expect(opened.release.components).toEqual(['elasticsearch', 'gremlin_server'])
    expect(namesOf(opened)).toEqual(['package', 'elasticsearch', 'gremlin_server'])
    expect(await listing(await tarOf(opened, 'package'))).not.toContainEqual(expect.stringContaining('cerebro'))
  })
})

describe('the id of a release', () => {
  const idOf = async (files: Files, change: (folder: string) => Promise<unknown> = async () => {}) => {
    await using shop = await workshop()
    const folder = await layOut(join(shop.root, 'package'), files)
    await change(folder)
    return (await shop.open(folder)).release.id
  }

  test.each<[string, (folder: string) => Promise<unknown>]>([
    ['content', (folder) => writeFile(join(folder, 'lib/trueno.js'), 'other')],
    ['an x-bit', (folder) => chmod(join(folder, 'lib/trueno.js'), 0o755)],
    ['a new file', (folder) => writeFile(join(folder, 'lib/new.js'), '')],
    ['a link', (folder) => rm(join(folder, 'node_modules/.bin/pm2'))],
  ])('changes with %s', async (_what, change) => {
    expect(await idOf(trueno, change)).not.toBe(await idOf(trueno))
  })

  test.each<[string, (folder: string) => Promise<unknown>]>([
    ['times and other mode bits', (folder) => chmod(join(folder, 'lib/trueno.js'), 0o600)],
    ['an empty folder', (folder) => mkdir(join(folder, 'lib/empty'))],
    ['version control', (folder) => layOut(folder, { '.git/HEAD': 'ref' })],
    ['what Trueno writes at a start', (folder) => runOnce(folder)],
    ['documentation and archives', (folder) => layOut(folder, documentation)],
  ])('does not change with %s', async (_what, change) => {
    expect(await idOf(trueno, change)).toBe(await idOf(trueno))
  })

  test('is that of its .tgz, whatever its top folder, and so are the artifacts', async () => {
    await using shop = await workshop()
    const folder = (await shop.open(await layOut(join(shop.root, 'folder'), trueno))).release
    for (const top of ['package', 'trueno-0.0.0', '.']) {
      const archive = join(shop.root, 'trueno.tgz')
      await writeFile(archive, await tgzOf(trueno, top))
      expect((await shop.open(archive)).release).toEqual(folder)
    }
  })
})

describe('an unchanged release', () => {
  test('is known from the cache, a changed one is read again', async () => {
    await using shop = await workshop()
    const folder = await layOut(join(shop.root, 'package'), trueno)
    await shop.open(folder)
    await relabel(shop.cacheDirectory, 'from the cache')
    expect((await shop.open(folder)).release.label).toBe('from the cache')
    await appendFile(join(folder, 'lib/trueno.js'), '//')
    expect((await shop.open(folder)).release.label).toMatch(/^Trueno dev/)
  })

  test('is not taken for unchanged because size and time are the old ones', async () => {
    await using shop = await workshop()
    const folder = await layOut(join(shop.root, 'package'), trueno)
    const { id } = (await shop.open(folder)).release
    const { atime, mtime } = await stat(join(folder, 'lib/trueno.js'))
    await writeFile(join(folder, 'lib/trueno.js'), '#!/usr/bin/env nod3\n')
    await utimes(join(folder, 'lib/trueno.js'), atime, mtime)
    expect((await shop.open(folder)).release.id).not.toBe(id)
  })

  test('that is an archive is not unpacked again', async () => {
    await using shop = await workshop()
    const archive = join(shop.root, 'trueno.tgz')
    await writeFile(archive, await tgzOf(trueno))
    await shop.open(archive)
    await rm(join(shop.cacheDirectory, 'packages'), { recursive: true })
    const opened = await shop.open(archive)
    expect(await readdir(shop.cacheDirectory)).toEqual(['releases'])
    expect(await listing(await tarOf(opened, 'elasticsearch'))).toContain(
      'file 755 0:0 2000 bin/elasticsearch 10 bytes',
    )
  })

  test('is unpacked by several at the same time without harm', async () => {
    await using shop = await workshop()
    const archive = join(shop.root, 'trueno.tgz')
    await writeFile(archive, await tgzOf(trueno))
    const [first, second] = await Promise.all([shop.open(archive), shop.open(archive)])
    expect(first.release).toEqual(second.release)
    expect(await readdir(join(shop.cacheDirectory, 'packages'))).toHaveLength(1)
  })

  test('is read anew when what the cache holds is damaged', async () => {
    await using shop = await workshop()
    const folder = await layOut(join(shop.root, 'package'), trueno)
    const { release } = await shop.open(folder)
    await truncate(await recordIn(shop.cacheDirectory), 20)
    expect((await shop.open(folder)).release).toEqual(release)
  })
})

test('an interrupt ends the reading with its reason', async () => {
  await using shop = await workshop()
  const archive = join(shop.root, 'trueno.tgz')
  await writeFile(archive, await tgzOf(trueno))
  const reason = new Error('interrupted')
  const options = { cacheDirectory: shop.cacheDirectory, packageRoot: shop.root, signal: AbortSignal.abort(reason) }
  await expect(openRelease(archive, options)).rejects.toBe(reason)
  expect(await readdir(join(shop.cacheDirectory, 'packages'))).toEqual([])
})

test('the packaged stand-in is a release with all its engines, and says what it is', async () => {
  await using shop = await workshop()
  const packageRoot = fileURLToPath(new URL('../..', import.meta.url))
  await using opened = await openRelease('standin', { cacheDirectory: shop.cacheDirectory, packageRoot })
  expect(opened.release).toMatchObject({
    kind: 'standin',
    label: expect.stringContaining('stand-in'),
    binds: 'host',
    needsJava: false,
    realElasticsearch: false,
    hasRuntime: false,
    components: ['cerebro', 'elasticsearch', 'gremlin_server', 'spark', 'trueno_elastic_bridge_server'],
  })
})

const documentation: Files = {
  [`${binaries}/gremlin_server/docs/index.html`]: '<html>',
  [`${binaries}/gremlin_server/javadocs/core/index.html`]: '<html>',
  [`${binaries}/spark/spark-2.1.1-bin-hadoop2.7.tgz`]: 'archive',
}

function namesOf({ release }: OpenRelease): readonly string[] {
  return release.artifacts.map(({ name }) => name)
}

async function recordIn(cacheDirectory: string): Promise<string> {
  const [name] = await readdir(join(cacheDirectory, 'releases'))
  return join(cacheDirectory, 'releases', name ?? '')
}

async function relabel(cacheDirectory: string, label: string): Promise<void> {
  const file = await recordIn(cacheDirectory)
  const record = JSON.parse(await readFile(file, 'utf8'))
  await writeFile(file, JSON.stringify({ ...record, release: { ...record.release, label } }))
}
