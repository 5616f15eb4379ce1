import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ArchiveError } from '../../src/release/safe-tree.js'
import { type UnpackOptions, unpack } from '../../src/release/unpack.js'
import { type TarEntry, tgz } from './archives.js'
import { contentsOf, namesIn } from './contents.js'

/** Unpacks into a folder beside a bystander; gives what is there then, the bystander's content and the error. */
async function unpacking(entries: readonly TarEntry[], options: UnpackOptions = {}) {
  const root = await mkdtemp(join(tmpdir(), 'unpack-test-'))
  try {
    await mkdir(join(root, 'outside'))
    await writeFile(join(root, 'outside', 'a'), 'untouched')
    await writeFile(join(root, 'archive.tgz'), await tgz(entries))
    const error: unknown = await unpack(join(root, 'archive.tgz'), join(root, 'into'), options).catch(
      (thrown: unknown) => thrown,
    )
    const bystander = await readFile(join(root, 'outside', 'a'), 'utf8')
    const beside = [await readdir(root), await readdir(join(root, 'outside'))].map((names) => names.sort())
    return {
      error,
      bystander,
      beside,
      escaped: await escaped(join(root, 'into')),
      found: await contentsOf(join(root, 'into')),
    }
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

/** Links that lead out of the folder. */
async function escaped(folder: string): Promise<readonly string[]> {
  const names = await namesIn(folder)
  const targets = await Promise.all(names.map((name) => realpath(join(folder, name)).catch(() => folder)))
  return targets.filter((target) => target !== folder && !target.startsWith(`${folder}/`))
}

const file = (name: string, content = 'x'): TarEntry => ({ name, content, mode: 0o644 })
const link = (name: string, linkname: string): TarEntry => ({ name, type: 'symlink', linkname })

test('files, folders, programs, links and hard links come out as they went in, without odd mode bits', async () => {
  const { error, found } = await unpacking([
    { name: 'package/', type: 'directory', mode: 0o700 },
    { ...file('package/a', 'text'), mode: 0o4664 },
    { ...file('./package/bin/b', 'program'), mode: 0o711 },
    link('package/bin/c', '../a'),
    { name: 'package/d', type: 'link', linkname: 'package/a' },
  ])
  expect(error).toBeUndefined()
  expect(found).toEqual([
    'package/',
    'package/a 644 text',
    'package/bin/',
    'package/bin/b 755 program',
    'package/bin/c -> ../a',
    'package/d 644 text',
  ])
})

test.each<[string, readonly TarEntry[], RegExp]>([
  ['a name that climbs out', [file('package/../../outside/a')], /"package\/\.\.\/\.\.\/outside\/a" in it lies outside/],
  ['an absolute name', [file('/outside/a')], /"\/outside\/a" in it lies outside/],
  ['an absolute link', [link('package/l', '/etc')], /package\/l in it is a link to "\/etc", outside/],
  ['a link that climbs out', [link('package/l', '../../outside')], /package\/l in it is a link to/],
  ['a link that climbs behind another', [link('p/d', '..'), link('l', 'p/d/../outside')], /l in it is a link to/],
  ['a file below a link', [link('p/l', '..'), file('p/l/a')], /p\/l is in it twice/],
  ['a file through a link of the same name', [link('l', 'outside/a'), file('l', 'evil')], /l is in it twice/],
  ['a hard link that climbs out', [{ name: 'l', type: 'link', linkname: '../outside/a' }], /lies outside/],
  ['a hard link to nothing', [{ name: 'l', type: 'link', linkname: 'b' }], /l is in it twice, beside/],
  ['a device', [{ name: 'd', type: 'block-device', devmajor: 1, devminor: 1 }], /d in it is a block-device/],
  ['a pipe', [{ name: 'f', type: 'fifo' }], /f in it is a fifo/],
  ['the same file twice', [file('a'), file('a')], /a is in it twice/],
  [
    'a hard link in the place of a file',
    [file('a'), file('b'), { name: 'b', type: 'link', linkname: 'a' }],
    /b is in it twice/,
  ],
  ['a file below a file', [file('a'), file('a/b')], /a.* is in it twice, .*or below something that is no folder/],
])('%s is refused', async (_name, entries, message) => {
  const { error, bystander, beside } = await unpacking(entries)
  expect(error).toBeInstanceOf(ArchiveError)
  expect((error as Error).message).toMatch(message)
  expect(bystander).toBe('untouched')
  expect(beside).toEqual([['archive.tgz', 'into', 'outside'], ['a']])
})

test.each<[string, readonly TarEntry[]]>([
  ['files', [file('a', 'x'.repeat(60)), file('b', 'x'.repeat(60))]],
  ['hard links', [file('a', 'x'.repeat(60)), { name: 'b', type: 'link', linkname: 'a' }]],
  ['names', Array.from({ length: 6 }, (_, index) => file(`${index}`))],
])('an archive that unpacks to more than may be is refused: %s', async (_what, entries) => {
  const { error } = await unpacking(entries, { limits: { entries: 5, bytes: 100 } })
  expect(error).toBeInstanceOf(ArchiveError)
  expect((error as Error).message).toMatch(/it unpacks to more than 5 files or/)
})

test('whatever an archive says, nothing is written or linked outside', async () => {
  const path = (...parts: string[]) =>
    fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 3 }).map((chosen) => chosen.join('/'))
  const inside = path('a', 'b', '.')
  const name = fc.oneof({ weight: 9, arbitrary: inside }, { weight: 1, arbitrary: path('a', '..', 'outside') })
  const target = fc.oneof(inside, path('a', '..', 'outside'))
  const entry = fc.oneof(
    name.map((text) => file(text, 'evil')),
    fc.tuple(name, target).map(([from, to]) => link(from, to)),
    fc.tuple(name, name).map(([from, to]): TarEntry => ({ name: from, type: 'link', linkname: to })),
    name.map((text): TarEntry => ({ name: text, type: 'directory' })),
  )
  const archive = fc.array(entry, { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(archive, async (entries) => {
      const { error, bystander, beside, escaped } = await unpacking(entries)
      expect(error === undefined || error instanceof ArchiveError).toBe(true)
      expect({ bystander, beside, escaped }).toEqual({
        bystander: 'untouched',
        beside: [['archive.tgz', 'into', 'outside'], ['a']],
        escaped: [],
      })
    }),
    { numRuns: 300 },
  )
})
