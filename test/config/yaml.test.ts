import { expect, test } from 'vitest'
import { readYaml } from '../../src/config/yaml.js'

test('keys are texts as they are written, and values follow YAML 1.2', () => {
  expect(content('10: a\n1.0: b\n~: c\ntrue: d\nyes: no\n192.168.1.40: 10:22\n2026-01-01: 0o17\n').value).toEqual({
    '10': 'a',
    '1.0': 'b',
    '~': 'c',
    true: 'd',
    yes: 'no',
    '192.168.1.40': '10:22',
    '2026-01-01': 15,
  })
})

test('knows where everything stands, behind aliases too', () => {
  const text = 'a: &x\n  b: [1, "2"]\nc: *x\nd:\n'
  const { places } = content(text)
  const shown = [...places].map(([pointer, { key, value }]) => [
    pointer,
    text.slice(key, key + 2),
    text.slice(value, value + 2),
  ])
  expect(shown).toEqual([
    ['', 'a:', 'a:'],
    ['/a', 'a:', 'b:'],
    ['/a/b', 'b:', '[1'],
    ['/a/b/0', '1,', '1,'],
    ['/a/b/1', '"2', '"2'],
    ['/c', 'c:', '*x'],
    ['/c/b', 'b:', '[1'],
    ['/c/b/0', '1,', '1,'],
    ['/c/b/1', '"2', '"2'],
    ['/d', 'd:', '\n'],
  ])
})

test('comments only are nothing', () => {
  expect(content('# nothing yet\n').value).toBeNull()
})

test('a byte order mark is no fault in YAML', () => {
  expect(content('\ufeffname: lab\n').value).toEqual({ name: 'lab' })
})

test('as many as 100 aliases of one anchor are taken', () => {
  const hosts = Array.from({ length: 100 }, (_, index) => `h${index}: *a\n`)
  expect(Object.keys(content(`h: &a { port: 22 }\n${hosts.join('')}`).value as object)).toHaveLength(101)
})

test.each(['['.repeat(100_000), '{a: '.repeat(20_000), '- '.repeat(100_000), `${'['.repeat(5000)}${']'.repeat(5000)}`])(
  'a text nested without end does not end the process (%#)',
  (text) => {
    expect(readYaml(text)).toMatchObject({ fault: { cause: 'lists and mappings are nested more than 100 deep' } })
  },
)

function content(text: string) {
  const reading = readYaml(text)
  if ('fault' in reading) throw new Error(reading.fault.cause)
  return reading.content
}
