import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pathOf } from '../../src/config/document.js'
import { readJson } from '../../src/config/json.js'

test('takes exactly what JSON.parse takes, and reads the same values', () => {
  fc.assert(
    fc.property(almostJson(), (text) => {
      const reading = readJson(text)
      expect('content' in reading ? { value: reading.content.value } : 'refused').toEqual(parse(text))
    }),
    { numRuns: 3000 },
  )
})

test('knows where every value and every key stands', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      const reading = readJson(text)
      if (!('content' in reading)) throw new Error('refused')
      for (const [pointer, place] of reading.content.places) {
        expect(valueStartingAt(text, place.value)).toEqual(at(reading.content.value, pointer))
        const key = pathOf(pointer).at(-1)
        if (text[place.key] === '"' && place.key !== place.value) expect(valueStartingAt(text, place.key)).toBe(key)
      }
    }),
    { numRuns: 60 },
  )
})

test('finds keys that stand twice, at any depth', () => {
  expect(readJson('{"a":{"x":1,"y":2,"x":3},"\\u0061":{}}')).toEqual({
    content: {
      value: { a: {} },
      places: expect.any(Map),
      duplicates: [
        { path: ['a', 'x'], first: 6, second: 18 },
        { path: ['a'], first: 1, second: 25 },
      ],
    },
  })
})

const faults: readonly [string, number, string][] = [
  ['', 0, 'the file ends too early'],
  ['{"a": {', 7, 'the file ends too early'],
  ['{"a": }', 6, 'a value is expected here'],
  ['{"a" 1}', 5, 'a colon is expected here'],
  ['{"a": 1 "b": 2}', 8, 'a comma or } is expected here'],
  ['[1 2]', 3, 'a comma or ] is expected here'],
  ['[01]', 2, 'a comma or ] is expected here'],
  ['{"a": 1,}', 7, 'JSON allows no comma before a closing bracket'],
  ['[1, ]', 2, 'JSON allows no comma before a closing bracket'],
  ['[,]', 1, 'a value is expected here'],
  ['{,}', 1, 'a key in double quotes is expected here'],
  ['{1: 2}', 1, 'a key in double quotes is expected here'],
  ['{} {}', 3, 'the file goes on after its end'],
  ['{} !', 3, 'the file goes on after its end'],
  ['{a: 1}', 1, 'a text stands here without quotes'],
  ["{'a': 1}", 1, 'a text stands in single quotes, JSON allows double quotes only'],
  ['{"a": True}', 6, 'JSON knows the words true, false and null only, in lower case'],
  ['{"a": yes}', 6, 'JSON knows the words true, false and null only, in lower case'],
  ['{ // all\n}', 2, 'a comment stands here, JSON allows none'],
  ['{} # end', 3, 'a comment stands here, JSON allows none'],
  ['\ufeff{}', 0, 'a byte order mark (BOM) stands here, JSON allows none and Trueno cannot read it'],
  ['{"a\n": 1}', 1, 'a text is not closed on its line, or holds a character or an escape that JSON does not allow'],
  ['["\\x41"]', 1, 'a text is not closed on its line, or holds a character or an escape that JSON does not allow'],
  ['[.5]', 1, 'a value is expected here'],
  [`${'['.repeat(150_000)}`, 101, 'lists and mappings are nested more than 100 deep'],
]

// Titled by what is wrong: one of the texts is 150,000 characters long.
test.each(faults.map(([text, offset, cause]) => [cause, offset, text] as const))(
  'tells that %s, at %i',
  (cause, offset, text) => {
    expect(readJson(text)).toEqual({ fault: { offset, cause, remedy: expect.stringMatching(/\.$/) } })
  },
)

/** JSON with up to two places changed. */
function almostJson(): fc.Arbitrary<string> {
  const edit = fc.record({ at: fc.nat(200), remove: fc.nat(2), insert: fc.constantFrom(...scraps) })
  const json = fc
    .tuple(fc.jsonValue(), fc.constantFrom(0, 1))
    .map(([value, indent]) => JSON.stringify(value, null, indent))
  return fc.tuple(json, fc.array(edit, { maxLength: 2 })).map(([text, edits]) => edits.reduce(changed, text))
}

const scraps = [
  '',
  ',',
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ':',
  ' ',
  '0',
  '-',
  'e',
  '.',
  'true',
  '\t',
  '\u0001',
  '\u00a0',
  '//',
  "'",
]

function changed(text: string, edit: { at: number; remove: number; insert: string }): string {
  const at = Math.min(edit.at, text.length)
  return text.slice(0, at) + edit.insert + text.slice(at + edit.remove)
}

function parse(text: string): unknown {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return 'refused'
  }
}

function at(value: unknown, pointer: string): unknown {
  return pathOf(pointer).reduce<unknown>((node, part) => (node as Record<string, unknown>)[part], value)
}

/** The JSON value that begins there: the longest text from there on that parses. */
function valueStartingAt(text: string, offset: number): unknown {
  for (let end = text.length; end > offset; end -= 1) {
    const parsed = parse(text.slice(offset, end))
    if (parsed !== 'refused') return (parsed as { value: unknown }).value
  }
  throw new Error('nothing begins here')
}
