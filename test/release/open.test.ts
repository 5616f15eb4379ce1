import { createHash } from 'node:crypto'
import { appendFile, chmod, mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type OpenRelease, openRelease } from '../../src/release/open.js'
import { type Artifact, binaries } from '../../src/trueno/release.js'
import { elf, type Files, layOut, listing, tgzOf, trueno, workshop } from './packages.js'

const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/)

describe('a folder of real Trueno', () => {
  test('is described by what is in it', async () => {
    await using shop = await workshop()
    const node = { program: elf(62, '/lib64/ld-linux-x86-64.so.2') }
    const folder = await layOut(join(shop.root, 'package'), { ...trueno, 'runtime/node/bin/node': node })
    const opened = await shop.open(folder)
    const artifact = (name: string, to: string, needs: Artifact['for']) => {
      return { sha256, name, bytes: expect.any(Number), to, for: needs }
    }
    expect(opened.release).toEqual({
      id: sha256,
      kind: 'trueno',
      label: 'Trueno dev, Elasticsearch 5.3.2, Gremlin 3.2.3',
      nodeRange: '^8 || ^12',
      hasRuntime: true,
      runtime: { arch: 'x86_64', libc: 'glibc' },
      components: ['elasticsearch', 'gremlin_server'],
      needsJava: true,
      realElasticsearch: true,
      binds: 'all',
      killTimeoutMs: 10_000,
      artifacts: [
        artifact('package', '', 'every'),
        artifact('runtime', 'runtime', 'every'),
        artifact('elasticsearch', `${binaries}/elasticsearch`, ['index']),
        artifact('gremlin_server', `${binaries}/gremlin_server`, 'members'),
      ],
    })
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

  test('is read anew when what the cache holds is damaged', async () => {
    await using shop = await workshop()
    const folder = await layOut(join(shop.root, 'package'), trueno)
    const { release } = await shop.open(folder)
    await truncate(await recordIn(shop.cacheDirectory), 20)
    expect((await shop.open(folder)).release).toEqual(release)
  })
})

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

/** What a start of Trueno leaves in its own package (contract, 1.4). */
function runOnce(folder: string): Promise<unknown> {
  return layOut(folder, {
    'conf/pm2-gui-custom.ini': 'generated',
    'lib/core/data/logs/info-logs.log': '{}',
    [`${binaries}/elasticsearch/config/elasticsearch.yml`]: 'cluster.name: trueno\n',
    [`${binaries}/elasticsearch/logs/trueno.log`]: 'started',
    [`${binaries}/elasticsearch/hs_err_pid71.log`]: '#',
    [`${binaries}/gremlin_server/conf/gremlin-server-trueno.yaml`]: 'host: 10.0.0.40\n',
    [`${binaries}/cerebro/RUNNING_PID`]: '71',
  })
}

const documentation: Files = {
  [`${binaries}/gremlin_server/docs/index.html`]: '<html>',
  [`${binaries}/gremlin_server/javadocs/core/index.html`]: '<html>',
  [`${binaries}/spark/spark-2.1.1-bin-hadoop2.7.tgz`]: 'archive',
}

function namesOf({ release }: OpenRelease): readonly string[] {
  return release.artifacts.map(({ name }) => name)
}

function artifactOf({ release }: OpenRelease, name: string): Artifact {
  const artifact = release.artifacts.find((candidate) => candidate.name === name)
  if (artifact === undefined) throw new Error(`no artifact ${name}`)
  return artifact
}

/** The tar of an artifact as a host gets it. */
async function tarOf(opened: OpenRelease, name: string): Promise<AsyncIterable<Uint8Array>> {
  const file = await opened.open(artifactOf(opened, name).sha256)
  const bytes = await buffer(file.read())
  const tar = file.encoding === 'gz' ? gunzipSync(bytes) : bytes
  return (async function* () {
    yield tar
  })()
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

async function artifactFiles(cacheDirectory: string): Promise<readonly string[]> {
  const folder = join(cacheDirectory, 'artifacts')
  return (await readdir(folder).catch(() => [])).map((name) => join(folder, name))
}
