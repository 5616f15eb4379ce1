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

test('a file that was rotated meanwhile is new from the first line that differs', () => {
  expect(handedOn(['one', 'two', 'three'], ['one', 'other', 'three'])).toEqual([
    'one',
    'two',
    'three',
    'other',
    'three',
  ])
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
