import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keepNewest, replacing, shortHash } from '../../src/release/cache.js'
import { workshop } from './packages.js'

test('a file is put in place at once, and what dead processes of this machine left is removed', async () => {
  await using shop = await workshop()
  const here = shortHash(hostname())
  const living = [`.new-${here}-${process.pid}-a`, `.new-${shortHash('another machine')}-2000000001-b`]
  for (const name of [...living, `.new-${here}-2000000001-c`])
    await mkdir(join(shop.cacheDirectory, name), { recursive: true })
  const file = join(shop.cacheDirectory, 'file')
  await replacing(file, (temporary) => writeFile(temporary, 'new'))
  expect((await readdir(shop.cacheDirectory)).sort()).toEqual([...living, 'file'].sort())
  expect(await readFile(file, 'utf8')).toBe('new')
})

test('what cannot be made leaves the old file and nothing else', async () => {
  await using shop = await workshop()
  const file = join(shop.cacheDirectory, 'file')
  await replacing(file, (temporary) => writeFile(temporary, 'old'))
  const fails = async (temporary: string) => {
    await writeFile(temporary, 'half')
    throw new Error('disk full')
  }
  await expect(replacing(file, fails)).rejects.toThrow('disk full')
  expect(await readdir(shop.cacheDirectory)).toEqual(['file'])
  expect(await readFile(file, 'utf8')).toBe('old')
})

test('only the newest are kept, and what is being made is let be', async () => {
  await using shop = await workshop()
  for (const [age, name] of ['.new-x', 'a', 'b', 'c'].entries()) {
    await writeFile(join(shop.root, name), '')
    await utimes(join(shop.root, name), age, age)
  }
  await keepNewest(shop.root, 2)
  expect((await readdir(shop.root)).sort()).toEqual(['.new-x', 'b', 'c'])
})
