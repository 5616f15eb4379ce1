import { expect, test } from 'vitest'
import { didYouMean, listed, suggestion } from '../../src/config/suggest.js'

const keys = ['ssh', 'user', 'port', 'identityFile', 'proxyJump', 'home', 'data']

test.each([
  ['prot', ['port']],
  ['usr', ['user']],
  ['PORT', ['port']],
  ['identity_file', ['identityFile']],
  ['identity', ['identityFile']],
  ['jump', ['proxyJump']],
  ['sh', ['ssh']],
  ['elephant', []],
  ['', []],
])('%j may be %j', (word, meant) => {
  expect(didYouMean(word, keys)).toEqual(meant)
})

test('equally near ones are all named, at most three', () => {
  const hosts = ['192.168.1.40', '192.168.1.41', '192.168.1.42', '192.168.1.43']
  expect(didYouMean('192.168.1.4', hosts)).toEqual(hosts.slice(0, 3))
})

test('nothing can be meant where there is nothing', () => {
  expect(didYouMean('port', [])).toEqual([])
})

test('says it as a question', () => {
  expect(suggestion('prot', keys)).toBe('Did you mean "port"? ')
  expect(suggestion('elephant', keys)).toBe('')
})

test('lists in words', () => {
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map((items) => listed(items, 'or'))).toEqual([
    '',
    'a',
    'a or b',
    'a, b or c',
  ])
})
