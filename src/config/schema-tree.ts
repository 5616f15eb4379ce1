import type { Path } from './document.js'

/** The parts of JSON Schema that ours use, and the two texts that editors know beside it. */
export interface SchemaNode {
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly type?: string | readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
  /** What a value must be, for people; completes "must be …". */
  readonly errorMessage?: string
  readonly patternErrorMessage?: string
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly additionalProperties?: boolean | SchemaNode
  readonly propertyNames?: SchemaNode
  readonly items?: SchemaNode
  readonly $ref?: string
  readonly definitions?: Readonly<Record<string, SchemaNode>>
}

/** What the schema says of the value at a path; undefined where it allows none. */
export function nodeAt(root: SchemaNode, path: Path): SchemaNode | undefined {
  return path.reduce<SchemaNode | undefined>((node, part) => node && childOf(root, node, part), root)
}

/** Every key that has a name of its own, with its path; keys that the user chooses stand as `KEY`, items of lists are left out. */
export function namedKeys(root: SchemaNode, node: SchemaNode = root, path: Path = []): readonly Path[] {
  const own = Object.keys(node.properties ?? {}).map((name) => [...path, name])
  const chosen = typeof node.additionalProperties === 'object' ? [[...path, 'KEY']] : []
  const below = [...own, ...chosen].flatMap((child) => namedKeys(root, childOf(root, node, child.at(-1) ?? ''), child))
  return [...own, ...below]
}

function childOf(root: SchemaNode, node: SchemaNode, part: string): SchemaNode | undefined {
  const named =
    node.properties !== undefined && Object.hasOwn(node.properties, part) ? node.properties[part] : undefined
  const chosen = typeof node.additionalProperties === 'object' ? node.additionalProperties : node.items
  const child = named ?? chosen
  return child === undefined ? undefined : resolved(root, child)
}

/** A definition with what stands beside the reference to it; definitions may refer to others. */
function resolved(root: SchemaNode, node: SchemaNode): SchemaNode {
  const name = node.$ref?.replace('#/definitions/', '')
  const definition = name === undefined ? undefined : root.definitions?.[name]
  if (definition === undefined) return node
  const { $ref: _, ...beside } = node
  return { ...resolved(root, definition), ...beside }
}
