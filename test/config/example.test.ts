import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { defaults } from '../../src/config/defaults.js'
import { type Content, isMapping, keysAt, type Path, pathOf, valueAt } from '../../src/config/document.js'
import { truenoPorts } from '../../src/config/inventory-rules.js'
import { clusterSchema, inventorySchema } from '../../src/config/schema.js'
import { namedKeys, nodeAt, type SchemaNode } from '../../src/config/schema-tree.js'
import { readYaml } from '../../src/config/yaml.js'
import { components } from '../../src/trueno/components.js'
import { load } from './memory-files.js'

const cluster = readFileSync('cluster.json', 'utf8')
const example = readFileSync('inventory/example.yaml', 'utf8')
/** The example with what is commented out made to count; comments proper have one space after the `#`. */
const everything = example.replace(/^( *)#(?! \S)/gm, '$1')

test("the project's cluster.json is the example of Trueno's documentation", () => {
  expect(JSON.parse(cluster)).toEqual({
    '192.168.1.40': { master: true, compute: true },
    '192.168.1.41': { compute: true, backend: true },
    '192.168.1.42': { compute: true, backend: true, index: true },
    '192.168.1.43': { compute: true, backend: true, index: true },
  })
})

test('the example as it is says what holds without it', async () => {
  const withExample = await load({ 'cluster.json': cluster, 'inventory.yaml': example })
  const without = await load({ 'cluster.json': cluster })
  expect(withExample).toEqual({ ...without, hasInventory: true })
})

test('the example with all its keys is a valid inventory', async () => {
  const { name, release, balancer } = await load({ 'cluster.json': cluster, 'inventory.yaml': everything })
  expect({ name, release, balancer }).toEqual({
    name: 'lab',
    release: '/project/trueno-release',
    balancer: { host: '192.168.1.40', sourcePort: 9000 },
  })
})

test('the example has every key of the schema', () => {
  const shown = new Set([...contentOf(everything).places.keys()].map((pointer) => placeInSchema(pathOf(pointer))))
  const missing = namedKeys(inventorySchema)
    .map((path) => path.join('/'))
    .filter((path) => !shown.has(path))
  expect(missing.filter((path) => !path.startsWith('hosts/KEY/'))).toEqual([])
  expect(shown).toContain('hosts/KEY/ssh')
})

test('every default of the code is in the schema and in the example, and the other way round', () => {
  const content = contentOf(everything)
  const inCode = Object.fromEntries(builtIn().map(([path, value]) => [path.join('/'), value]))
  const inExample = Object.keys(inCode).map((path) => [path, valueAt(content, path.split('/'))])
  expect(Object.fromEntries(inExample)).toEqual(inCode)
  expect(defaultsOf(inventorySchema, 'hosts/')).toEqual(inCode)
})

test('settings of a host have the same defaults as those of all', () => {
  const ofAll = Object.entries(defaultsOf(inventorySchema, 'hosts/')).filter(([path]) => path.startsWith('defaults/'))
  const ofHost = Object.entries(defaultsOf(inventorySchema, 'defaults/')).filter(([path]) => path.startsWith('hosts/'))
  expect(ofHost).toEqual(ofAll.map(([path, value]) => [path.replace('defaults/', 'hosts/KEY/'), value]))
})

test('every key of the example is explained by a comment before it', () => {
  const lines = everything.split('\n')
  const bare = lines.filter((line, index) => /^ *[^\s#]/.test(line) && !/^ *# /.test(lines[index - 1] ?? ''))
  expect(bare).toEqual([])
})

test.each([
  ['cluster', clusterSchema],
  ['inventory', inventorySchema],
])('the %s schema is valid, closed, and explains every key with its default', (_name, schema) => {
  expect(new Ajv({ strict: false }).validateSchema(schema)).toBe(true)
  const nodes = namedKeys(schema).map((path) => [path.join('/'), nodeAt(schema, path) ?? {}] as const)
  expect(nodes.filter(([, node]) => !isExplained(node)).map(([path]) => path)).toEqual([])
  expect(nodes.filter(([, node]) => isOpen(node)).map(([path]) => path)).toEqual([])
})

test('editors find the schemas', () => {
  const settings = JSON.parse(readFileSync('.vscode/settings.json', 'utf8'))
  const forJson: { url: string }[] = settings['json.schemas']
  const urls = [...forJson.map(({ url }) => url), ...Object.keys(settings['yaml.schemas'])]
  expect(urls.map((url) => JSON.parse(readFileSync(url, 'utf8')).title)).toEqual([
    clusterSchema.title,
    inventorySchema.title,
    inventorySchema.title,
  ])
})

test('the ports that a balancer must leave are those of the components, and of the page of pm2', () => {
  const ports = components.flatMap((component) => component.ports.map(({ port }) => port))
  expect([...truenoPorts].sort()).toEqual([...new Set([...ports, 8088])].sort())
})

function contentOf(text: string): Content {
  const reading = readYaml(text)
  if ('fault' in reading) throw new Error(reading.fault.cause)
  return reading.content
}

/** Keys of hosts and variables as the schema calls them. */
function placeInSchema(path: Path): string {
  return path.join('/').replace(/^hosts\/192\.168\.1\.\d+/, 'hosts/KEY')
}

/** Every default of the code, with its path in an inventory; `data` follows from `home`. */
function builtIn(): readonly (readonly [Path, unknown])[] {
  const content: Content = { value: defaults, places: new Map(), duplicates: [] }
  const leaves = (path: Path): readonly (readonly [Path, unknown])[] => {
    const keys = keysAt(content, path)
    const value = valueAt(content, path)
    return isMapping(value) ? keys.flatMap((key) => leaves([...path, key])) : [[path, value]]
  }
  return [...leaves([]), [['defaults', 'data'], `${defaults.defaults.home}/data`]]
}

function defaultsOf(schema: SchemaNode, without: string): Readonly<Record<string, unknown>> {
  const paths = namedKeys(schema).filter((path) => !path.join('/').startsWith(without))
  const entries = paths.map((path) => [path.join('/'), nodeAt(schema, path)?.default] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

/** A mapping needs no default: its keys have theirs. */
function isExplained({ description = '', properties, default: value, additionalProperties }: SchemaNode): boolean {
  const isMapping = properties !== undefined || additionalProperties !== undefined
  return description !== '' && (isMapping || value !== undefined || description.includes('Default: '))
}

function isOpen({ properties, additionalProperties }: SchemaNode): boolean {
  return properties !== undefined && additionalProperties !== false
}
