import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  type Pair,
  Parser,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml'
import { type Duplicate, type Fault, type Path, type Place, pointerOf, type Reading } from './document.js'

/**
 * Reads YAML 1.2 with its core schema: `yes` and `no` are texts, keys are always texts, there are no merge keys and no
 * tags. Aliases are taken, but not so many that they blow up.
 */
export function readYaml(text: string): Reading {
  const tooDeep = nestingFault(text)
  if (tooDeep !== undefined) return { fault: tooDeep }
  const document = parseDocument(text, options)
  const fault = syntaxFault(document) ?? aliasFault(document)
  if (fault !== undefined) return { fault }
  return readDocument(document)
}

const options = {
  version: '1.2',
  schema: 'core',
  merge: false,
  resolveKnownTags: false,
  stringKeys: true,
  uniqueKeys: false,
  prettyErrors: false,
} as const

const deepest = 100
const mostAliases = 100

/** The parser is recursive and ends the whole process on a text that is nested too deep; its first half is not. */
function nestingFault(text: string): Fault | undefined {
  const parser = new Parser()
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme));
    if (parser.stack.length > deepest) {
      const cause = `lists and mappings are nested more than ${deepest} deep`
      return { offset: parser.offset, cause, remedy: 'Take the nesting out.' }
    }
  }
  return undefined
}

/** The first error only: those after it are mostly its consequences. */
function syntaxFault(document: Document): Fault | undefined {
  const error: YAMLError | undefined = document.errors[0] ?? document.warnings[0]
  if (error === undefined) return undefined
  return { offset: error.pos[0], ...(explanations[error.code] ?? explained(error)) }
}

function explained({ message }: YAMLError): Omit<Fault, 'offset'> {
  return {
    cause: message.charAt(0).toLowerCase() + message.slice(1),
    remedy: 'Correct the file here, or shortly before.',
  }
}

const explanations: Partial<Record<YAMLError['code'], Omit<Fault, 'offset'>>> = {
  TAB_AS_INDENT: { cause: 'a line is indented with a tab, YAML allows none there', remedy: 'Indent with spaces.' },
  MULTIPLE_DOCS: { cause: 'a second document begins here', remedy: 'Leave one in the file, without ---.' },
  NON_STRING_KEY: { cause: 'a key is a list, a mapping or an alias', remedy: 'Write a text as the key.' },
  TAG_RESOLVE_FAILED: { cause: 'a tag (!…) stands here, none are known', remedy: 'Take the tag out.' },
  BLOCK_AS_IMPLICIT_KEY: {
    cause: 'a second colon follows in the same line',
    remedy: 'Put a text with a colon in quotes, or begin a new line.',
  },
  MISSING_CHAR: {
    cause: 'a quote, a bracket, a comma or a space after a colon is missing here',
    remedy: 'Add it here, or shortly before.',
  },
  BAD_INDENT: {
    cause: 'the indentation does not fit, or a bracket before it is not closed',
    remedy: 'Indent what belongs together equally, and close every bracket.',
  },
  BAD_SCALAR_START: { cause: 'no text can begin with this character', remedy: 'Put the text in quotes.' },
}

function aliasFault(document: Document): Fault | undefined {
  const anchors = new Set<string>()
  let aliases = 0
  let fault: Fault | undefined
  visit(document, {
    Node(_key, node, ancestors) {
      if (!isAlias(node)) return void (node.anchor && anchors.add(node.anchor))
      const cause = faultOfAlias(node.source, anchors, ancestors) ?? (++aliases > mostAliases ? tooMany : undefined)
      if (cause === undefined) return undefined
      fault = { offset: node.range?.[0] ?? 0, cause, remedy: 'Write the value itself, or put it in defaults.' }
      return visit.BREAK
    },
  })
  return fault
}

const tooMany = `more than ${mostAliases} aliases are used`

function faultOfAlias(
  source: string,
  anchors: ReadonlySet<string>,
  ancestors: readonly (Document | Node | Pair)[],
): string | undefined {
  if (!anchors.has(source)) return `the alias *${source} has no anchor &${source} before it`
  const isInside = ancestors.some((ancestor) => isNode(ancestor) && !isAlias(ancestor) && ancestor.anchor === source)
  return isInside ? `the alias *${source} stands inside of what it names` : undefined
}

function readDocument(document: Document): Reading {
  const found: Found = { document, places: new Map(), duplicates: [] }
  try {
    const value: unknown = document.toJS({ maxAliasCount: mostAliases + 1 })
    if (isNode(document.contents)) notePlaces(found, document.contents, [])
    return { content: { value, places: found.places, duplicates: found.duplicates } }
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    return { fault: { offset: 0, cause: 'aliases of aliases make the file too large', remedy: 'Write the values.' } }
  }
}

interface Found {
  readonly document: Document
  readonly places: Map<string, Place>
  readonly duplicates: Duplicate[]
}

function notePlaces(found: Found, node: Node, path: Path, key?: number): void {
  const value = node.range?.[0] ?? key ?? 0
  found.places.set(pointerOf(path), { key: key ?? value, value })
  const content = isAlias(node) ? node.resolve(found.document) : node
  if (isMap(content)) noteMembers(found, content.items, path)
  if (isSeq(content)) noteItems(found, content.items, path)
}

function noteMembers(found: Found, pairs: readonly Pair[], path: Path): void {
  const seen = new Map<string, number>()
  for (const { key, value } of pairs) {
    if (!isScalar(key)) continue
    const here = [...path, String(key.value)]
    const offset = key.range?.[0] ?? 0
    const first = seen.get(pointerOf(here))
    if (first === undefined) seen.set(pointerOf(here), offset)
    else found.duplicates.push({ path: here, first, second: offset })
    notePlaces(found, isNode(value) ? value : key, here, offset)
  }
}

function noteItems(found: Found, items: readonly unknown[], path: Path): void {
  for (const [index, item] of items.entries()) if (isNode(item)) notePlaces(found, item, [...path, String(index)])
}
