import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import {
  fingerprint,
  hashName,
  judge,
  knownHostName,
  parseKnownHosts,
  parsePins,
  readHostKey,
} from '../../src/ssh/known-hosts.js'

const directory = mkdtempSync(join(tmpdir(), 'known-hosts-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function makeKey(type: string): { type: string; key: string; line: string; file: string } {
  const file = join(directory, `key-${type}-${Math.random()}`)
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', '', '-f', file])
  const line = readFileSync(`${file}.pub`, 'utf8').trim()
  const [keyType = '', key = ''] = line.split(' ')
  return { type: keyType, key, line, file }
}

const ours = makeKey('ed25519')
const other = makeKey('ed25519')
const ecdsa = makeKey('ecdsa')

/** What the lines say of our key presented by a name. */
function verdict(lines: string, name: string, key = ours): string {
  return judge(parseKnownHosts(lines, 'known_hosts'), [name], key).kind
}

describe('names', () => {
  test.each([
    ['plain', `node1,10.0.0.1 ${ours.line}`, '10.0.0.1'],
    ['with a port', `[node1]:2222 ${ours.line}`, '[node1]:2222'],
    ['in other letters', `Node1 ${ours.line}`, 'node1'],
    ['with wildcards', `*.lab,node? ${ours.line}`, 'node1'],
    ['an IPv6 address', `[fe80::1]:2222 ${ours.line}`, '[fe80::1]:2222'],
    ['after comments and empty lines', `# node1\n\n  \nnode1 ${ours.line} me@here`, 'node1'],
  ])('%s', (_, lines, name) => {
    expect(verdict(lines, name)).toBe('known')
  })

  test('a negation excludes, whatever else matches', () => {
    const lines = `*.lab,!node1.lab ${ours.line}`
    expect([verdict(lines, 'node1.lab'), verdict(lines, 'node2.lab')]).toEqual(['unknown', 'known'])
  })

  test('hashed by ssh-keygen', () => {
    const file = join(directory, 'hashed')
    writeFileSync(file, `node1,10.0.0.1 ${ours.line}\n[node2]:2222 ${other.line}\n`)
    execFileSync('ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' })
    const lines = readFileSync(file, 'utf8')
    expect(lines).not.toContain('node')
    expect([verdict(lines, '10.0.0.1'), verdict(lines, '[node2]:2222', other), verdict(lines, 'node2')]).toEqual([
      'known',
      'known',
      'unknown',
    ])
  })

  test('hashed by us are found by ssh-keygen', () => {
    const file = join(directory, 'ours')
    writeFileSync(file, `${hashName('[node1]:2222', Buffer.alloc(20, 7))} ${ours.line}\n`)
    expect(execFileSync('ssh-keygen', ['-F', '[node1]:2222', '-f', file], { encoding: 'utf8' })).toContain(ours.key)
  })

  test('the port counts when it is not 22', () => {
    expect([knownHostName('Node1', 22), knownHostName('Node1', 2222)]).toEqual(['node1', '[node1]:2222'])
  })
})

describe('verdicts', () => {
  test('another key of the same type is a change, and tells where the old one stands', () => {
    const known = parseKnownHosts(`\nnode1 ${other.line}\n`, '/home/me/.ssh/known_hosts')
    expect(judge(known, ['node1'], ours)).toEqual({ kind: 'changed', known: [known[0]] })
    expect(known[0]?.place).toBe('/home/me/.ssh/known_hosts:2')
  })

  test('a host known by another type of key alone counts as changed', () => {
    expect(verdict(`node1 ${ecdsa.line}`, 'node1')).toBe('changed')
  })

  test('one of several known keys is enough', () => {
    expect(verdict(`node1 ${other.line}\nnode1 ${ecdsa.line}\nnode1 ${ours.line}`, 'node1')).toBe('known')
  })

  test('a revoked key is revoked, although another line knows it', () => {
    expect(verdict(`node1 ${ours.line}\n@revoked * ${ours.line}`, 'node1')).toBe('revoked')
  })

  test('a certificate authority does not vouch for a plain key', () => {
    expect(verdict(`@cert-authority *.lab ${ours.line}`, 'node1.lab')).toBe('unknown')
  })

  test('the name without its port can vouch, but not accuse', () => {
    const known = (key: string) => judge(parseKnownHosts(`node1 ${key}`, 'f'), ['[node1]:2222', 'node1'], ours).kind
    expect([known(ours.line), known(other.line)]).toEqual(['known', 'unknown'])
  })

  test('a pin counts like a line', () => {
    const pins = parsePins({ '[node1]:2222': [ours.line] }, 'trueno-deploy.lock.json')
    expect([judge(pins, ['[node1]:2222'], ours).kind, judge(pins, ['[node1]:2222'], other).kind]).toEqual([
      'known',
      'changed',
    ])
  })
})

test('a fingerprint is as ssh-keygen prints it', () => {
  const printed = execFileSync('ssh-keygen', ['-lf', ours.file], { encoding: 'utf8' })
  expect(printed).toContain(fingerprint(ours))
})

test('the key in an answer of a server is read', () => {
  expect(readHostKey(Buffer.from(ours.key, 'base64'))).toEqual({ type: 'ssh-ed25519', key: ours.key })
})
