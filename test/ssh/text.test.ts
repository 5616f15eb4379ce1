import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainText, shorten } from '../../src/ssh/text.js'

test.each([
  ['colours', '\u001b[1;32mready\u001b[0m', 'ready'],
  ['cursor movement', 'a\u001b[2J\u001b[10;5Hb\u001b[?25l', 'ab'],
  ['titles and links', '\u001b]0;owned\u0007a\u001b]8;;http://x\u001b\\b', 'ab'],
  ['device strings', 'a\u001bPq#0;2\u001b\\b', 'ab'],
  ['C1 codes', 'a\u009b31mb\u0085c', 'abc'],
  ['a sequence without end', 'a\u001b[31', 'a'],
  ['carriage returns, bells, NUL', '50%\r100%\u0007\u0000\r\n', '50%100%\n'],
  ['marks that turn text around', 'a\u202etxt.exe\u2066b', 'atxt.exeb'],
  ['tabs and line feeds stay', 'a\tb\n', 'a\tb\n'],
  ['emoji and letters stay', '🚀 é 日本', '🚀 é 日本'],
])('%s', (_, text, plain) => {
  expect(plainText(text)).toBe(plain)
})

test('whatever a host prints, no control code is left of it', () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.oneof(fc.constantFrom(...'\u001b[]()?;0m\u0007\\\u009b\n'), fc.string({ minLength: 1, maxLength: 1 })),
      }),
      (text) => {
        expect(plainText(text)).not.toMatch(/[^\P{Cc}\n\t]/u)
      },
    ),
  )
})

test('what is cut is marked', () => {
  expect([shorten('abc', 3), shorten('abcd', 3)]).toEqual(['abc', 'abc…'])
})
