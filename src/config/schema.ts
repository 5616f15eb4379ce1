import { createRequire } from 'node:module'
import { isIPv4 } from 'node:net'
import { Ajv, type ErrorObject } from 'ajv'
import type { SchemaNode } from './schema-tree.js'

const require = createRequire(import.meta.url)

/** The schemas that editors use too, as they lie in `inventory/`. */
export const clusterSchema: SchemaNode = require('../../inventory/cluster.schema.json')
export const inventorySchema: SchemaNode = require('../../inventory/inventory.schema.json')

/** Everything in which a value differs from a schema. */
export function schemaErrors(schema: SchemaNode, value: unknown): readonly ErrorObject[] {
  const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true })
  ajv.addVocabulary(['errorMessage', 'patternErrorMessage'])
  ajv.addFormat('ipv4', isIPv4)
  const validate = ajv.compile(schema)
  validate(value)
  return validate.errors ?? []
}
