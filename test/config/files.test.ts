import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FileReading, largestFile, readRegularFile } from '../../src/config/files.js'

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'trueno-deploy-files-'))
  await writeFile(join(directory, 'file'), 'content')
  await writeFile(join(directory, 'largest'), Buffer.alloc(largestFile))
  await writeFile(join(directory, 'too-large'), Buffer.alloc(largestFile + 1))
  await writeFile(join(directory, 'secret'), 'content')
  await chmod(join(directory, 'secret'), 0)
  await mkdir(join(directory, 'directory'))
  await symlink('file', join(directory, 'link'))
  await symlink('nothing', join(directory, 'dangling'))
  await symlink('loop', join(directory, 'loop'))
  execFileSync('mkfifo', [join(directory, 'pipe')])
})

afterAll(() => rm(directory, { recursive: true, force: true }))

const content: FileReading = { kind: 'content', bytes: Buffer.from('content') }

test.each<[string, FileReading]>([
  ['file', content],
  ['link', content],
  ['too-large', { kind: 'tooLarge' }],
  ['nothing', { kind: 'missing' }],
  ['dangling', { kind: 'missing' }],
  ['file/below', { kind: 'missing' }],
  ['directory', { kind: 'notAFile', detail: 'a directory' }],
  ['pipe', { kind: 'notAFile', detail: 'a pipe' }],
  ['/dev/null', { kind: 'notAFile', detail: 'a device' }],
  ['loop', { kind: 'unreadable', detail: expect.stringContaining('ELOOP') }],
])('%s', async (name, reading) => {
  expect(await readRegularFile(name.startsWith('/') ? name : join(directory, name))).toEqual(reading)
})

test('a file of just the largest size is read', async () => {
  const reading = await readRegularFile(join(directory, 'largest'))
  expect(reading.kind === 'content' && reading.bytes.length).toBe(largestFile)
})

test.skipIf(process.getuid?.() === 0)('a file without the right to read it (root may read all)', async () => {
  const reading = await readRegularFile(join(directory, 'secret'))
  expect(reading).toEqual({ kind: 'unreadable', detail: 'you have no right to read it' })
})
