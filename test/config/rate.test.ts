import { expect, it } from 'vitest'
import { parseRate } from '../../src/config/rate.js'

it.each([
  ['20MB/s', 20_000_000],
  ['500kB/s', 500_000],
  ['1.5 MB/s', undefined],
  ['1.5MB/s', 1_500_000],
  ['1GB/s', 1e9],
  ['900B/s', 900],
  ['0MB/s', undefined],
  ['20MB', undefined],
  ['20', undefined],
  ['-1MB/s', undefined],
  ['20mb/s', undefined],
])('a rate of %s is %s bytes a second', (text, bytes) => {
  expect(parseRate(text)).toBe(bytes)
})
