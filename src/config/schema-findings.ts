import type { ErrorObject } from 'ajv'
import { type ConfigFile, type Path, pathOf, valueAt } from './document.js'
import { atKey, atValue, type Finding, findingAt, printable, showPath } from './finding.js'
import { clusterSchema, inventorySchema, schemaErrors } from './schema.js'
import { howToWrite, kindOf, mustBe, quotesHelp, unknownKeyHelp } from './schema-texts.js'
import { nodeAt, type SchemaNode } from './schema-tree.js'

export function clusterSchemaFindings(file: ConfigFile): readonly Finding[] {
  const errors = schemaErrors(clusterSchema, file.value).filter((error) => !isSaidByRules(error))
  return errors.flatMap((error) => findingOf(file, clusterSchema, error))
}

export function inventorySchemaFindings(file: ConfigFile): readonly Finding[] {
  // A file of comments only is an inventory that leaves everything as it is.
  const errors = file.value === null ? [] : schemaErrors(inventorySchema, file.value)
  return errors.flatMap((error) => findingOf(file, inventorySchema, error))
}

/** How many hosts and which keys: the schema says it for editors, the rules say it better. */
function isSaidByRules(error: ErrorObject): boolean {
  return (error.instancePath === '' && error.keyword !== 'type') || error.instancePath === '/$schema'
}

type Explain = (file: ConfigFile, schema: SchemaNode, error: ErrorObject, path: Path) => Finding

const explanations: Readonly<Record<string, Explain>> = {
  type: wrongType,
  pattern: wrongValue,
  format: wrongValue,
  minimum: wrongValue,
  maximum: wrongValue,
  additionalProperties: unknownKey,
  required: missingKey,
  propertyNames: wrongName,
}

function findingOf(file: ConfigFile, schema: SchemaNode, error: ErrorObject): readonly Finding[] {
  const explain = explanations[error.keyword]
  if (explain === undefined) throw new Error(`the schema uses "${error.keyword}", which has no explanation`)
  // Errors inside of `propertyNames` come again as that keyword itself.
  return error.propertyName === undefined ? [explain(file, schema, error, pathOf(error.instancePath))] : []
}

function wrongType(file: ConfigFile, schema: SchemaNode, _error: ErrorObject, path: Path): Finding {
  const node = nodeAt(schema, path) ?? {}
  const value = valueAt(file, path)
  return findingAt(file, [atValue(...path)], {
    code: 'config-type',
    title: 'Wrong kind of value',
    cause: `${showPath(file, path)} must be ${mustBe(node)}, it is ${kindOf(value)}`,
    remedy: quotesHelp(file, node, value) ?? howToWrite(node, value),
  })
}

function wrongValue(file: ConfigFile, schema: SchemaNode, _error: ErrorObject, path: Path): Finding {
  const node = nodeAt(schema, path) ?? {}
  const value = valueAt(file, path)
  return findingAt(file, [atValue(...path)], {
    code: 'config-value',
    title: 'Value not allowed',
    cause: `${showPath(file, path)} must be ${mustBe(node)}`,
    remedy: howToWrite(node, value),
  })
}

function unknownKey(file: ConfigFile, schema: SchemaNode, error: ErrorObject, path: Path): Finding {
  const key: string = error.params.additionalProperty
  const allowed = Object.keys(nodeAt(schema, path)?.properties ?? {})
  return findingAt(file, [atKey(...path, key)], {
    code: 'config-unknown-key',
    title: 'Unknown key',
    cause: `${showPath(file, path)} has no key "${printable(key)}"`,
    remedy: `${unknownKeyHelp(key, schema, allowed)}Allowed here: ${allowed.join(', ')}.`,
  })
}

function missingKey(file: ConfigFile, schema: SchemaNode, error: ErrorObject, path: Path): Finding {
  const key: string = error.params.missingProperty
  const node = nodeAt(schema, [...path, key]) ?? {}
  return findingAt(file, [atKey(...path)], {
    code: 'config-missing-key',
    title: 'Key missing',
    cause: `${showPath(file, path)} needs the key "${key}": ${mustBe(node)}`,
    remedy: `Add it, for example ${key}: ${node.examples?.[0]}`,
  })
}

function wrongName(file: ConfigFile, schema: SchemaNode, error: ErrorObject, path: Path): Finding {
  const key: string = error.params.propertyName
  return findingAt(file, [atKey(...path, key)], {
    code: 'config-value',
    title: 'Name not allowed',
    cause: `the name "${printable(key)}" in ${showPath(file, path)} must be ${nodeAt(schema, path)?.propertyNames?.patternErrorMessage}`,
    remedy: 'Give it such a name, or take it out.',
  })
}
