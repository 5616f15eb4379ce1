/** Keys and indexes from the top of a file to a value. */
export type Path = readonly string[]

/** Offsets into the text of a file, in UTF-16 units. */
export interface Place {
  /** Of the key; for the items of a list that of the item. */
  readonly key: number
  readonly value: number
}

/** One key that stands twice in the same mapping. */
export interface Duplicate {
  readonly path: Path
  readonly first: number
  readonly second: number
}

/** What a reader of a format makes of a text. */
export interface Content {
  readonly value: unknown
  /** By `pointerOf(path)`. */
  readonly places: ReadonlyMap<string, Place>
  readonly duplicates: readonly Duplicate[]
}

/** Why a text cannot be read in its format. */
export interface Fault {
  readonly offset: number
  readonly cause: string
  readonly remedy: string
}

export type Reading = { readonly content: Content } | { readonly fault: Fault }

/** The text of a configuration file. */
export interface Source {
  /** As the user named it; for messages. */
  readonly name: string
  readonly format: Format
  readonly text: string
  /** Offsets at which lines begin. */
  readonly lines: readonly number[]
}

/** A configuration file that could be read: its value, and where each part of it stands. */
export interface ConfigFile extends Source, Content {}

export type Format = 'json' | 'yaml'

export function linesOf(text: string): readonly number[] {
  return [0, ...Array.from(text.matchAll(/\n/g), (match) => match.index + 1)]
}

/** A path as one text, as JSON Pointer writes it (and ajv's `instancePath`). */
export function pointerOf(path: Path): string {
  return path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

export function pathOf(pointer: string): Path {
  const parts = pointer.split('/').slice(1)
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The value at a path; undefined when there is none. */
export function valueAt(content: Content, path: Path): unknown {
  return path.reduce<unknown>((value, part) => ownValue(value, part), content.value)
}

/** The mapping at a path; empty when there is something else or nothing, so that rules can look into wrong files too. */
export function mappingAt(content: Content, path: Path): Readonly<Record<string, unknown>> {
  const value = valueAt(content, path)
  return isMapping(value) ? value : {}
}

export function keysAt(content: Content, path: Path): readonly string[] {
  return Object.keys(mappingAt(content, path))
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function ownValue(value: unknown, part: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
  return (value as Record<string, unknown>)[part]
}
