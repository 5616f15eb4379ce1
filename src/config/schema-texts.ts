import { type ConfigFile, isMapping } from './document.js'
import { isSecretName } from './finding.js'
import { clusterSchema, inventorySchema } from './schema.js'
import { namedKeys, type SchemaNode } from './schema-tree.js'
import { listed, suggestion } from './suggest.js'

const kinds: Readonly<Record<string, string>> = {
  object: 'a mapping (key: value)',
  array: 'a list',
  string: 'a text',
  integer: 'a whole number',
  boolean: 'true or false',
}

/** Completes "must be …". */
export function mustBe(node: SchemaNode): string {
  const kind = [node.type ?? []].flat().find((type) => type !== 'null') ?? ''
  const range = node.minimum === undefined ? '' : ` from ${node.minimum} to ${node.maximum}`
  return node.patternErrorMessage ?? node.errorMessage ?? `${kinds[kind]}${range}`
}

/** Completes "it is …". */
export function kindOf(value: unknown): string {
  if (value === null) return 'empty'
  if (isMapping(value)) return 'a mapping'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'boolean') return 'a truth value'
  if (typeof value === 'number') return Number.isInteger(value) ? 'a number' : 'a number that is not whole'
  return 'a text'
}

/** The way out, for a value that is none of what is allowed. */
export function howToWrite(node: SchemaNode, value: unknown): string {
  if (node.type === 'boolean') return 'Write true or false, without quotes.'
  if (node.properties !== undefined) return `Write its keys below it (${Object.keys(node.properties).join(', ')}).`
  const example = withUnit(node, value) ?? node.examples?.[0]
  const builtIn = node.default === undefined ? '' : `; the default is ${node.default}`
  return example === undefined ? 'Write it like that.' : `Write for example ${example}, or take it out${builtIn}.`
}

/** A number that lacks its unit only. */
function withUnit(node: SchemaNode, value: unknown): string | undefined {
  const texts = ['s', 'g'].map((unit) => `${value}${unit}`)
  return typeof value === 'number' ? texts.find((text) => node.pattern && matches(node, text)) : undefined
}

function matches(node: SchemaNode, text: string): boolean {
  return new RegExp(node.pattern ?? '', 'u').test(text)
}

/** YAML takes `name: 2024` for a number where a text is wanted. */
export function quotesHelp(file: ConfigFile, node: SchemaNode, value: unknown): string | undefined {
  const isPlain = typeof value === 'number' || typeof value === 'boolean'
  if (!isPlain || node.type !== 'string' || !matches(node, String(value))) return undefined
  return file.format === 'yaml' ? 'Put it in quotes, so that YAML takes it for a text.' : 'Put it in double quotes.'
}

/** The way out for a key that is not known there; the texts are sentences with a space behind. */
export function unknownKeyHelp(key: string, schema: SchemaNode, allowed: readonly string[]): string {
  return specialHelp(key) || suggestion(key, allowed, 1) || whereElse(key, schema) || suggestion(key, allowed)
}

function specialHelp(key: string): string {
  if (key === '<<') return 'There are no merge keys: what hosts have in common stands in defaults. '
  if (!isSecretName(key)) return ''
  return 'No password is read from a file: use an SSH agent, or a key (identityFile). '
}

/** Where a key that is unknown here has its place. */
function whereElse(key: string, schema: SchemaNode): string {
  const inCluster = placesOf(key, clusterSchema)
  if (inCluster.length > 0) return `It is a role, its place is cluster.json: ${inCluster[0]}. `
  const inInventory = placesOf(key, inventorySchema)
  if (inInventory.length === 0) return ''
  return `Its place is ${schema === inventorySchema ? '' : 'the inventory: '}${listed(inInventory, 'or')}. `
}

function placesOf(key: string, schema: SchemaNode): readonly string[] {
  const paths = namedKeys(schema).filter((path) => path.at(-1) === key)
  return paths.map((path) => (path.length === 1 ? 'the top of the file' : path.join('/')))
}
