import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { UsageError } from '../../src/errors.js'
import { hostsFileAddresses, parseNetworks } from '../../src/ssh/networks.js'

test.each([
  ['127.0.0.0/8', '127.9.8.7', true],
  ['127.0.0.0/8', '128.0.0.1', false],
  ['127.0.0.0/8,10.1.2.3', '10.1.2.3', true],
  ['127.0.0.0/8,10.1.2.3', '10.1.2.4', false],
  ['::1', '::1', true],
  ['fd00::/8', 'fd12::1', true],
  ['127.0.0.0/8', '::1', false],
  ['127.0.0.0/8', '::ffff:127.0.0.1', true],
  ['127.0.0.0/8', '::ffff:10.0.0.1', false],
])('%s and %s: %s', (networks, address, expected) => {
  expect(parseNetworks(networks)?.includes(address)).toBe(expected)
})

test.each([undefined, '', ' , '])('%j restricts nothing', (text) => {
  expect(parseNetworks(text)).toBeNull()
})

test.each(['localhost', '127.0.0.0/33', '127.0.0.0/', '127.1', '::1/129', '10.0.0.0/x'])('%s is no network', (text) => {
  expect(() => parseNetworks(`::1,${text}`)).toThrow(UsageError)
})

describe('/etc/hosts', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hosts-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  test('names are found in any letters, comments are not', () => {
    const file = join(directory, 'hosts')
    writeFileSync(file, '127.0.0.1 localhost\n10.0.0.1\tnode1 Node1.lab # node2\n::1 node1\nnonsense node1\n')
    expect(hostsFileAddresses('NODE1', file)).toEqual(['10.0.0.1', '::1'])
    expect(hostsFileAddresses('node2', file)).toEqual([])
  })

  test('localhost is known without a file', () => {
    expect(hostsFileAddresses('localhost', join(directory, 'none'))).toEqual(['127.0.0.1', '::1'])
  })
})
