import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { sharedFile } from '../../src/release/shared-file.js'

test('a shared file is the same for all who read it, from wherever, however slowly', async (context) => {
  const { path, bytes } = await someFile(context, 3 * 1024 * 1024 + 17)
  const file = sharedFile(path, bytes.length)
  const slowly = async (from: number): Promise<Buffer> => {
    const pieces: Uint8Array[] = []
    for await (const piece of file.read(from)) {
      await new Promise((resolve) => setImmediate(resolve))
      pieces.push(piece)
    }
    return Buffer.concat(pieces)
  }
  for (const from of [0, 1, 524_287, 524_288, 3_000_000, bytes.length]) {
    const [quick, slow] = await Promise.all([buffer(file.read(from)), slowly(from)])
    expect(quick.equals(bytes.subarray(from))).toBe(true)
    expect(slow.equals(bytes.subarray(from))).toBe(true)
  }
})

test('readers at the same place are handed the very same bytes', async (context) => {
  const { path, bytes } = await someFile(context, 1024 * 1024)
  const file = sharedFile(path, bytes.length)
  const [one, other] = [file.read(0), file.read(0)].map((reading) => reading[Symbol.asyncIterator]())
  const [first, second] = await Promise.all([one?.next(), other?.next()])
  expect(first?.value.buffer).toBe(second?.value.buffer)
})

test('a file that is cut short meanwhile is an error, not a shorter artifact', async (context) => {
  const { path, bytes } = await someFile(context, 1024 * 1024)
  const file = sharedFile(path, bytes.length)
  await truncate(path, 1000)
  await expect(buffer(file.read(0))).rejects.toThrow('cut short')
})

async function someFile(context: { onTestFinished(end: () => unknown): void }, size: number) {
  const folder = await mkdtemp(join(tmpdir(), 'shared-'))
  context.onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'file')
  const bytes = randomBytes(size)
  await writeFile(path, bytes)
  return { path, bytes }
}
