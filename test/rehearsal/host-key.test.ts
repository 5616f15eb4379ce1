import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { afterAll, expect, test } from 'vitest'
import { generateSshKeyPair } from '../../src/rehearsal/host-key.js'

const directory = mkdtempSync(join(tmpdir(), 'host-key-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

test('every key is one, and not once in two hundred malformed', () => {
  for (let count = 0; count < 1000; count++) {
    const { privateKey, publicKey } = generateSshKeyPair()
    const parsed = ssh2.utils.parseKey(privateKey)
    if (parsed instanceof Error) throw parsed
    expect(`${parsed.type} ${parsed.getPublicSSH().toString('base64')}`).toBe(publicKey)
    expect(parsed.verify('data', parsed.sign('data'))).toBe(true)
  }
})

test('OpenSSH reads it', () => {
  const { privateKey, publicKey } = generateSshKeyPair()
  const file = join(directory, 'key')
  writeFileSync(file, privateKey, { mode: 0o600 })
  expect(execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' }).trim()).toBe(publicKey)
})
