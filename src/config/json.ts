import { type Duplicate, type Fault, type Path, type Place, pointerOf, type Reading } from './document.js'
import { faultOfText } from './json-faults.js'

/**
 * Reads JSON exactly as strictly as `JSON.parse`, which Trueno reads `cluster.json` with, and tells in addition where
 * everything stands, which keys stand twice, and where and why a text is not JSON.
 */
export function readJson(text: string): Reading {
  const reader: Reader = { text, tokens: tokensOf(text), next: 0, places: new Map(), duplicates: [] }
  try {
    readValue(reader, [])
    if (peek(reader).offset < text.length) fail(reader, 'the file goes on after its end')
  } catch (error) {
    if (error instanceof NotJson) return { fault: error.fault }
    throw error
  }
  return { content: { value: JSON.parse(text), places: reader.places, duplicates: reader.duplicates } }
}

interface Token {
  /** Empty at the end of the text, and where no token begins. */
  readonly text: string
  readonly offset: number
}

interface Reader {
  readonly text: string
  readonly tokens: readonly Token[]
  next: number
  readonly places: Map<string, Place>
  readonly duplicates: Duplicate[]
}

/** The way out of the nested calls of the reader. */
class NotJson extends Error {
  readonly fault: Fault
  constructor(fault: Fault) {
    super(fault.cause)
    this.fault = fault
  }
}

const deepest = 100
const lookHere = 'Correct the file here, or shortly before.'

function readValue(reader: Reader, path: Path, key?: Token): void {
  const token = peek(reader)
  if (path.length > deepest) fail(reader, `lists and mappings are nested more than ${deepest} deep`)
  if (/^[\]},:]?$/.test(token.text)) fail(reader, 'a value is expected here')
  take(reader)
  reader.places.set(pointerOf(path), { key: (key ?? token).offset, value: token.offset })
  if (token.text === '{') readObject(reader, path)
  if (token.text === '[') readArray(reader, path)
}

function readObject(reader: Reader, path: Path): void {
  const keys = new Map<string, number>()
  readItems(reader, '}', () => {
    const token = peek(reader)
    if (!token.text.startsWith('"')) fail(reader, 'a key in double quotes is expected here')
    take(reader)
    const key: string = JSON.parse(token.text)
    noteDuplicate(reader, [...path, key], keys.get(key), token.offset)
    if (!keys.has(key)) keys.set(key, token.offset)
    if (peek(reader).text !== ':') fail(reader, 'a colon is expected here')
    take(reader)
    readValue(reader, [...path, key], token)
  })
}

function readArray(reader: Reader, path: Path): void {
  let index = 0
  readItems(reader, ']', () => readValue(reader, [...path, String(index++)]))
}

function readItems(reader: Reader, end: '}' | ']', readItem: () => void): void {
  if (peek(reader).text === end) return void take(reader)
  for (;;) {
    readItem()
    const token = peek(reader)
    if (token.text !== ',' && token.text !== end) fail(reader, `a comma or ${end} is expected here`)
    take(reader)
    if (token.text === end) return
    if (peek(reader).text === end)
      fail(reader, 'JSON allows no comma before a closing bracket', token, 'Take the comma out.')
  }
}

function noteDuplicate(reader: Reader, path: Path, first: number | undefined, second: number): void {
  if (first !== undefined) reader.duplicates.push({ path, first, second })
}

function peek(reader: Reader): Token {
  return reader.tokens[reader.next] ?? endOf(reader.text)
}

function take(reader: Reader): Token {
  const token = peek(reader)
  reader.next += 1
  return token
}

function fail(reader: Reader, cause: string, { text, offset } = peek(reader), remedy = lookHere): never {
  const known = text === '' ? faultOfText(reader.text, offset) : undefined
  throw new NotJson(known ?? { offset, cause, remedy })
}

/** The tokens of RFC 8259; a text holds everything but quotes, backslashes and what stands before the space in ASCII. */
const tokenPattern = new RegExp(
  [
    String.raw`[{}[\],:]`,
    String.raw`"[ !#-[\]-\u{10ffff}]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\u{10ffff}]*)*"`,
    String.raw`-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?`,
    'true|false|null',
  ].join('|'),
  'yu',
)

/** All tokens up to the end, or up to the first place where none begins. */
function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  for (let offset = afterBlanks(text, 0); ; ) {
    tokenPattern.lastIndex = offset
    const token = tokenPattern.exec(text)?.[0] ?? ''
    tokens.push({ text: token, offset })
    if (token === '') return tokens
    offset = afterBlanks(text, offset + token.length)
  }
}

function afterBlanks(text: string, offset: number): number {
  const blanks = /[ \t\n\r]*/y
  blanks.lastIndex = offset
  blanks.exec(text)
  return blanks.lastIndex
}

function endOf(text: string): Token {
  return { text: '', offset: text.length }
}
