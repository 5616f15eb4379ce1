import { createRequire } from 'node:module'
import { isIPv4 } from 'node:net'
import { Ajv, type ErrorObject } from 'ajv'
import type { SchemaNode } from './schema-tree.js'

const require = createRequire(import.meta.url)

/** The schemas that editors use too, as they lie in `inventory/`. */
export const clusterSchema: SchemaNode = require('../../inventory/cluster.schema.json')
export const inventorySchema: SchemaNode = require('../../inventory/inventory.schema.json')

const strictly = { allErrors: true, strict: true, allowUnionTypes: true }

/** Everything in which a value differs from a schema. */
export function schemaErrors(schema: SchemaNode, value: unknown): readonly ErrorObject[] {
  // The schemas themselves are checked by a test; optimising code that runs once takes longer than it saves.
  const ajv = new Ajv({ ...strictly, meta: false, validateSchema: false, code: { optimize: false } })
  ajv.addVocabulary(['errorMessage', 'patternErrorMessage'])
  ajv.addFormat('ipv4', isIPv4)
  const validate = ajv.compile(schema)
  validate(value)
  return validate.errors ?? []
}
