import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { binaries } from '../../src/trueno/release.js'
import { tgzOf } from './archives.js'
import { elf, type Files, layOut, trueno, workshop } from './packages.js'

/** Codes and causes of what is wrong with a package, `PATH` standing for where it is. */
async function problemsOf(files: Files): Promise<readonly string[]> {
  await using shop = await workshop()
  const folder = await layOut(join(shop.root, 'package'), files)
  return told(await shop.problemsOf(folder), folder)
}

function told(problems: readonly { code: string; cause: string; evidence: string }[], path: string): readonly string[] {
  const texts = problems.map(({ code, cause, evidence }) => `${code}: ${cause}${evidence && ` | ${evidence}`}`)
  return texts.map((text) => text.replaceAll(path, 'PATH'))
}

function without(files: Files, pattern: RegExp): Files {
  return Object.fromEntries(Object.entries(files).filter(([path]) => !pattern.test(path)))
}

describe('what is no Trueno package', () => {
  test.each<[string, Files, string]>([
    ['a folder of other things', { 'a.txt': '', 'b.txt': '' }, 'it has no package.json, only a.txt, b.txt'],
    ['the folder around it', { 'package/package.json': '{}' }, 'the package is in its folder package'],
    ['another package', { 'package.json': '{"name":"express"}' }, 'it is the package "express"'],
    ['a broken manifest', { 'package.json': '{"name":' }, 'its package.json is not valid JSON'],
    ['an engine', { 'bin/elasticsearch': '' }, 'it is the component elasticsearch alone'],
    [
      'a project that depends on it',
      { 'node_modules/trueno/package.json': '{}' },
      'Trueno is a dependency of it, and looks for its own dependencies in the wrong place then',
    ],
  ])('%s', async (_name, files, what) => {
    expect(await problemsOf(files)).toEqual([`release-not-trueno: PATH is not a Trueno package: ${what}`])
  })

  test('an empty folder', async () => {
    await using shop = await workshop()
    await mkdir(join(shop.root, 'empty'))
    expect(await shop.problemsOf(join(shop.root, 'empty'))).toMatchObject([
      { code: 'release-not-trueno', cause: expect.stringMatching(/: it is empty$/) },
    ])
  })

  test('a path that is not there names what can be given', async () => {
    await using shop = await workshop()
    expect(await shop.problemsOf('/nowhere/release')).toEqual([
      {
        code: 'release-missing',
        severity: 'error',
        title: 'There is no such release',
        cause: '/nowhere/release does not exist',
        evidence: '',
        remedy:
          'give the folder of a Trueno package, a .tgz of one, or the word `standin`: with `--release` or as `release:` in the inventory',
      },
    ])
  })

  test('a device', async () => {
    await using shop = await workshop()
    expect(told(await shop.problemsOf('/dev/null'), '/dev/null')).toEqual([
      'release-corrupt: PATH is not usable: it is neither a file nor a folder',
    ])
  })
})

describe('a real Trueno that could not run on hosts', () => {
  test('without dependencies', async () => {
    expect(await problemsOf(without(trueno, /^node_modules/))).toEqual([
      'release-dependencies: PATH is a Trueno package without node_modules, and hosts install nothing by themselves',
    ])
  })

  test('a git checkout without dependencies', async () => {
    expect(await problemsOf({ ...without(trueno, /^node_modules/), '.git/HEAD': '' })).toEqual([
      'release-dependencies: PATH is a git checkout without node_modules, and hosts install nothing by themselves',
    ])
  })

  test('without moment, which it loads and does not declare', async () => {
    expect(await problemsOf(without(trueno, /moment/))).toEqual([
      'release-dependencies: a package that Trueno loads is not in node_modules of PATH | moment',
    ])
  })

  test('without packages that it declares', async () => {
    const manifest = {
      name: 'trueno',
      version: '0.0.0',
      dependencies: { joi: '^8', '@a/b': '1', bower: '1', pm2: '2.6.1' },
    }
    expect(await problemsOf({ ...trueno, 'package.json': JSON.stringify(manifest) })).toEqual([
      'release-dependencies: 2 packages that Trueno loads are not in node_modules of PATH | @a/b, joi',
    ])
  })

  test('with a pm2 that hides that Spark has started; the remedy pins another', async () => {
    await using shop = await workshop()
    const newer = { ...trueno, 'node_modules/pm2/package.json': '{"name":"pm2","version":"2.10.4"}' }
    const folder = await layOut(join(shop.root, 'package'), newer)
    expect(await shop.problemsOf(folder)).toEqual([
      {
        code: 'release-pm2',
        severity: 'error',
        title: 'With this pm2 Trueno never becomes ready',
        cause: 'pm2 2.10.4 hides from Trueno that Spark has started: every host that runs Spark would wait for ever',
        evidence: 'node_modules/pm2 is 2.10.4; 2.8.0 is the newest that works',
        remedy: `in ${folder}, set "pm2": "2.6.1" in the dependencies (or "overrides") of package.json, then run \`npm install --omit=dev --ignore-scripts\``,
      },
    ])
  })

  test.each(['2.8.0', '2.6.1', '2.0.12'])('not with pm2 %s', async (version) => {
    await using shop = await workshop()
    const files = { ...trueno, 'node_modules/pm2/package.json': JSON.stringify({ name: 'pm2', version }) }
    await shop.open(await layOut(join(shop.root, 'package'), files))
  })

  test('with a component whose launcher is missing, or one folder too deep', async () => {
    const files = {
      ...trueno,
      [`${binaries}/spark/jars/spark-core_2.11-2.1.2.jar`]: 'jar',
      [`${binaries}/cerebro/cerebro-0.6.5/bin/cerebro`]: '#!/bin/sh',
    }
    const refuses = 'and Trueno refuses to start on any host without it'
    expect(await problemsOf(files)).toEqual([
      `release-launcher: ${binaries}/cerebro has files but not bin/cerebro, ${refuses} | ${binaries}/cerebro/cerebro-0.6.5/bin/cerebro is there: one folder too deep`,
      `release-launcher: ${binaries}/spark has files but not bin/spark-class, ${refuses}`,
    ])
  })

  test('not set up', async () => {
    const file = `${binaries}/gremlin_server/conf/gremlin-server-trueno.yaml`
    expect(await problemsOf(without(trueno, /gremlin-server-trueno/))).toEqual([
      `release-setup: ${file} is missing, without which the Gremlin server has no Trueno graph`,
    ])
  })

  test('with links to what hosts do not have', async () => {
    const files = {
      ...trueno,
      'node_modules/inside': { link: '../node_modules/pm2' },
      'node_modules/joi': { link: '/opt/store/joi' },
      'lib/up': { link: '../../up' },
    }
    expect(await problemsOf(files)).toEqual([
      'release-links: 2 links in it lead outside of PATH, to what the hosts do not have | lib/up → ../../up\nnode_modules/joi → /opt/store/joi',
    ])
  })

  test('with a name that is no UTF-8', async () => {
    await using shop = await workshop()
    const folder = await layOut(join(shop.root, 'package'), trueno)
    await writeFile(Buffer.concat([Buffer.from(join(folder, 'lib/na')), Buffer.from([0xe9])]), '')
    await mkdir(Buffer.concat([Buffer.from(join(folder, 'lib/fo')), Buffer.from([0xff])]))
    expect(await shop.problemsOf(folder)).toMatchObject([
      { code: 'release-special-files', evidence: 'lib/fo\uFFFD\nlib/na\uFFFD' },
    ])
  })

  test.each<[string, Files, string]>([
    [
      'for another system',
      { 'runtime/node/bin/node': { program: 'MZ' } },
      'runtime/node/bin/node is not a program for Linux',
    ],
    ['without its x-bit', { 'runtime/node/bin/node': elf(62, '/lib/ld') }, 'runtime/node/bin/node may not be executed'],
    [
      'for another platform than its folder says',
      { 'runtime/linux-arm64/node/bin/node': { program: elf(62, '/lib64/ld-linux-x86-64.so.2') } },
      'runtime/linux-arm64/node/bin/node is a program for x86_64 with glibc',
    ],
    [
      'that is not in the folder of its platform',
      { 'runtime/linux-x64-musl/bin/node': { program: elf(62, '/lib/ld-musl-x86_64.so.1') } },
      'runtime/linux-x64-musl/node/bin/node is not there, though there is a folder runtime/linux-x64-musl',
    ],
    [
      'for a platform that nobody knows',
      { 'runtime/linux-ppc64le/node/bin/node': { program: elf(21, '/lib64/ld64.so.2') } },
      'runtime/linux-ppc64le is for no platform that is known',
    ],
    ['elsewhere', { 'runtime/bin/node': 'x' }, 'runtime/node/bin/node is not there, though there is a folder runtime'],
  ])('with a Node %s', async (_name, files, cause) => {
    expect(await problemsOf({ ...trueno, ...files })).toEqual([`release-runtime: in PATH ${cause}`])
  })

  test('that says of itself what is not understood', async () => {
    const truenoDeploy = { kind: 'standin', label: 'two\nlines', node: 'new', killTimeoutMs: -1, colour: 'red' }
    const manifest = { name: 'trueno', version: '1.0.0', truenoDeploy }
    expect(await problemsOf({ 'package.json': JSON.stringify(manifest), 'lib/trueno.js': '' })).toEqual([
      [
        'release-declaration: truenoDeploy in its package.json has 4 faults | truenoDeploy/label: "two\\nlines" must be a text of one line',
        'truenoDeploy/node: "new" must be a range of versions like "^8"',
        'truenoDeploy/killTimeoutMs: -1 must be milliseconds, from 0 to 600000',
        'truenoDeploy/colour: there is no such key',
      ].join('\n'),
    ])
  })

  test('everything at once', async () => {
    const files = {
      'package.json': '{"name":"trueno","truenoDeploy":7}',
      'node_modules/pm2/package.json': '{"version":"5.0.0"}',
      'lib/up': { link: '/' },
      'runtime/x': '',
      [`${binaries}/spark/x`]: '',
    }
    expect((await problemsOf(files)).map((text) => text.slice(0, text.indexOf(':')))).toEqual([
      'release-declaration',
      'release-incomplete',
      'release-dependencies',
      'release-pm2',
      'release-launcher',
      'release-links',
      'release-runtime',
    ])
  })
})

describe('an archive', () => {
  const whole = () => tgzOf(trueno)

  test.each<[string, () => Promise<Buffer> | Buffer, RegExp]>([
    ['cut short', async () => (await whole()).subarray(0, 5000), /it is damaged: unexpected end of file$/],
    ['gzipped, but no tar', async () => gzipSync(Buffer.alloc(700, 'x')), /it is damaged: Invalid tar header/],
    ['with bytes changed', async () => damage(await whole()), /it is damaged: /],
    ['a web page', () => Buffer.from('\n<!DOCTYPE html><title>404</title>'), /it is a web page/],
    ['nothing', () => Buffer.alloc(0), /it is an empty file$/],
    ['a zip', () => Buffer.from('PK\x03\x04...'), /it is a zip archive: unpack it and give the folder$/],
    ['a text', () => Buffer.from('hello'), /it is no gzipped tar$/],
    ['a pointer of Git LFS', () => Buffer.from('version https://git-lfs.github.com/spec/v1\n'), /run git lfs pull$/],
  ])('%s is refused with its reason', async (_name, bytes, cause) => {
    await using shop = await workshop()
    const archive = join(shop.root, 'trueno.tgz')
    await writeFile(archive, await bytes())
    expect(await shop.problemsOf(archive)).toMatchObject([
      { code: 'release-corrupt', cause: expect.stringMatching(cause), evidence: '' },
    ])
  })

  test('of a package that cannot run is told by its own name', async () => {
    await using shop = await workshop()
    const archive = join(shop.root, 'trueno.tgz')
    await writeFile(archive, await tgzOf(without(trueno, /^node_modules/)))
    const [problem] = await shop.problemsOf(archive)
    expect(problem?.cause).toMatch(`${archive} is a Trueno package without node_modules`)
    expect(problem?.remedy).toMatch(`in the folder that ${archive} was packed from, set "pm2"`)
  })
})

test('a cache that cannot be used is told as such', async () => {
  await using shop = await workshop()
  await writeFile(shop.cacheDirectory, 'a file where the folder should be')
  const folder = await layOut(join(shop.root, 'package'), trueno)
  expect(await shop.problemsOf(folder)).toMatchObject([
    { code: 'release-cache', cause: expect.stringContaining(shop.cacheDirectory) },
  ])
})

function damage(bytes: Buffer): Buffer {
  bytes.fill(0x55, 2000, 3000)
  return bytes
}
