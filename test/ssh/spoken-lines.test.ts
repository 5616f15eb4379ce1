import { expect, test } from 'vitest'
import { beginMarker } from '../../src/ssh/scripts.js'
import { createSpokenLines } from '../../src/ssh/spoken-lines.js'

const megabyte = Buffer.alloc(1024 * 1024, 'x')

test('of a line without end the beginning is heard', async () => {
  const { hear, take } = createSpokenLines(true)
  take(Buffer.from(beginMarker))
  for (let count = 0; count < 20; count++) take(megabyte)
  take(Buffer.from('\nnext\n'))
  expect((await hear())?.length).toBeLessThanOrEqual(65_536)
  expect(await hear()).toBe('next')
})

test('much noise before the script begins is passed over', async () => {
  const { hear, take } = createSpokenLines(true)
  for (let count = 0; count < 20; count++) take(megabyte)
  take(Buffer.from(beginMarker.slice(0, 5)))
  take(Buffer.from(`${beginMarker.slice(5)}first\n`))
  expect(await hear()).toBe('first')
})
