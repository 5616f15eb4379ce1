import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDuration, longestDuration, parseDuration } from '../../src/config/duration.js'

test.each([
  ['500ms', 500],
  ['10s', 10_000],
  ['90s', 90_000],
  ['5m', 300_000],
  ['24h', longestDuration],
])('%s is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each([
  '',
  '10',
  '10 s',
  's',
  '0s',
  '010s',
  '-1s',
  '1.5h',
  '1m30s',
  '10S',
  '5min',
  '25h',
  '1441m',
  '9999999999ms',
  '10s\n',
  '１0s',
])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined()
})

test.each([
  [1, '1ms'],
  [1500, '1500ms'],
  [90_000, '90s'],
  [300_000, '5m'],
  [3_600_000, '1h'],
])('%d ms is %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

test('what is formatted is parsed to the same', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: longestDuration }), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms)
    }),
  )
})
