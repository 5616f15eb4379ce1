import { expect, test } from 'vitest'
import { createResumableLines } from '../../src/ssh/resume-lines.js'

/** The lines handed on when a file is read again after each reading. */
function handedOn(...readings: readonly (readonly string[])[]): readonly string[] {
  const lines: string[] = []
  const resumable = createResumableLines((_, line) => lines.push(line))
  for (const reading of readings) {
    resumable.restart()
    for (const line of reading) resumable.onLine('/a', line)
  }
  return lines
}

test('lines are handed on once, however often the file is read', () => {
  expect(handedOn(['one', 'two'], ['one'], ['one', 'two', 'three'])).toEqual(['one', 'two', 'three'])
})

test('a file that was rotated while nobody read is new from its first line', () => {
  expect(handedOn(['one', 'two', 'three'], ['one', 'other', 'three'])).toEqual([
    'one',
    'two',
    'three',
    'one',
    'other',
    'three',
  ])
})

test('of a file that was rotated while it was read, the lines of the new one are known', () => {
  expect(handedOn(['old', 'older', 'new', 'newer'], ['new', 'newer', 'newest'])).toEqual([
    'old',
    'older',
    'new',
    'newer',
    'newest',
  ])
})

test('lines that occur again and again are not taken for the end of what is known', () => {
  expect(handedOn(['a', 'b', 'a'], ['a', 'b', 'a', 'c'])).toEqual(['a', 'b', 'a', 'c'])
  expect(handedOn(['x', 'a', 'b', 'a'], ['a', 'c'])).toEqual(['x', 'a', 'b', 'a', 'c'])
  const same = Array.from({ length: 1000 }, () => 'same')
  expect(handedOn(same, same, [...same, 'end'])).toEqual([...same, 'end'])
})

test('a reading that is cut off before it has come to what is new changes nothing', () => {
  expect(handedOn(['a', 'b', 'c'], ['a', 'b'], [], ['a', 'b', 'c', 'd'])).toEqual(['a', 'b', 'c', 'd'])
})

test('a line that came in two goes is known when it comes whole', () => {
  expect(handedOn(['begin', 'begin end', 'two'], ['begin end', 'two', 'three'])).toEqual([
    'begin',
    'begin end',
    'two',
    'three',
  ])
})

test('files are remembered each for itself', () => {
  const lines: string[] = []
  const resumable = createResumableLines((file, line) => lines.push(`${file} ${line}`))
  resumable.onLine('/a', 'one')
  resumable.restart()
  resumable.onLine('/b', 'one')
  resumable.onLine('/a', 'one')
  expect(lines).toEqual(['/a one', '/b one'])
})
