import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ArchiveError } from '../../src/release/safe-tree.js'
import type { UnpackOptions } from '../../src/release/unpack.js'
import { unzip } from '../../src/release/unzip.js'
import { contentsOf } from './contents.js'
import { type ZipEntry, zip } from './zips.js'

/** Unzips beside a bystander; gives what is there then, and the error. */
async function unzipping(archive: Buffer, options: UnpackOptions = {}) {
  const root = await mkdtemp(join(tmpdir(), 'unzip-test-'))
  try {
    await writeFile(join(root, 'archive.zip'), archive)
    const error: unknown = await unzip(join(root, 'archive.zip'), join(root, 'into'), options).catch(
      (thrown: unknown) => thrown,
    )
    const found = await contentsOf(join(root, 'into'))
    return { error, found, beside: (await readdir(root)).sort() }
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

test('files, folders, programs and links come out as they went in', async () => {
  const { error, found } = await unzipping(
    zip([
      { name: 'top/', mode: 0o040755 },
      { name: 'top/a', content: 'text' },
      { name: 'top/bin/b', content: 'program', mode: 0o100755 },
      { name: 'top/bin/c', content: '../a', mode: 0o120777 },
      { name: 'made/on/windows', content: 'no mode', mode: 0 },
    ]),
  )
  expect(error).toBeUndefined()
  expect(found).toEqual([
    'made/',
    'made/on/',
    'made/on/windows 644 no mode',
    'top/',
    'top/a 644 text',
    'top/bin/',
    'top/bin/b 755 program',
    'top/bin/c -> ../a',
  ])
})

const bomb: ZipEntry = { name: 'zeros', content: Buffer.alloc(3_000_000) }

test.each<[string, Buffer, RegExp, UnpackOptions?]>([
  [
    'a name that climbs out',
    zip([{ name: 'top/../../a', content: 'evil' }]),
    /"top\/\.\.\/\.\.\/a" in it lies outside/,
  ],
  ['a name that climbs out with \\', zip([{ name: '..\\a', content: 'evil' }]), /"\.\.\/a" in it lies outside/],
  ['an absolute name', zip([{ name: '/tmp/a', content: 'evil' }]), /"\/tmp\/a" in it lies outside/],
  ['an absolute link', zip([{ name: 'l', content: '/etc', mode: 0o120777 }]), /l in it is a link to "\/etc", outside/],
  ['a link that climbs out', zip([{ name: 'l', content: '../x', mode: 0o120777 }]), /l in it is a link to "\.\.\/x"/],
  ['a file below a link', zip([{ name: 'l', content: 'd', mode: 0o120777 }, { name: 'l/a' }]), /l is in it twice/],
  ['a device', zip([{ name: 'd', mode: 0o060644 }]), /d in it is neither file, folder nor link/],
  ['the same file twice', zip([{ name: 'a' }, { name: 'a' }]), /a is in it twice/],
  ['a wrong checksum', zip([{ name: 'a', content: 'x', claims: { crc: 1 } }]), /damaged: the checksum of a is wrong/],
  ['more than it claims', zip([{ name: 'a', content: 'xxxx', claims: { size: 2 } }]), /it is damaged/],
  ['one cut short', zip([{ name: 'a', content: 'x'.repeat(500) }]).subarray(0, 60), /it is damaged/],
  ['more bytes than allowed', zip([bomb]), /unpacks to more than/, { limits: { entries: 10, bytes: 1e6 } }],
  [
    'more files than allowed',
    zip([{ name: 'a' }, { name: 'b' }]),
    /more than 1 files/,
    { limits: { entries: 1, bytes: 9 } },
  ],
])('%s is refused', async (_name, archive, message, options) => {
  const { error, beside } = await unzipping(archive, options)
  expect(error).toBeInstanceOf(ArchiveError)
  expect((error as Error).message).toMatch(message)
  expect(beside).toEqual(['archive.zip', 'into'])
})
