import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { quote, quoteAll } from '../../src/ssh/quote.js'

const shells = {
  dash: ['dash'],
  bash: ['bash'],
  busybox: ['busybox', 'sh'],
} satisfies Record<string, [string, ...string[]]>

/** What a shell makes of `words`, each ended by a NUL. */
function wordsOf([program, ...args]: readonly [string, ...string[]], words: string): readonly string[] {
  const { stdout } = spawnSync(program, [...args, '-c', `printf '%s\\0' ${words}`], { encoding: 'utf8' })
  return stdout.split('\0').slice(0, -1)
}

const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...`'"\\\`$!*?~#&;|<>(){}[] \t\n-=%`),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
})
const argument = text.filter((word) => !word.includes('\0'))

describe.each(Object.entries(shells))('in %s', (_, shell) => {
  test('a quoted word stands for exactly its text', () => {
    fc.assert(
      // One shell for many words: starting it is what takes the time.
      fc.property(fc.array(argument, { minLength: 1, maxLength: 60 }), (words) => {
        expect(wordsOf(shell, quoteAll(words))).toEqual(words)
      }),
      { numRuns: 40 },
    )
  })
})

test('no line of a quoted word but the first begins with its text', () => {
  expect(quote('one\ntwo\n')).toBe("'one\n''two\n'''")
})

test('a word with NUL cannot be quoted', () => {
  expect(() => quote('a\0b')).toThrow(TypeError)
})
