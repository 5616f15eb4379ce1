import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { resolveTarget } from '../../src/ssh/config.js'
import { createHostKeyStore } from '../../src/ssh/host-key-store.js'
import type { HostKeyBlob } from '../../src/ssh/known-hosts.js'
import { faultOf } from './observe.js'

const directory = mkdtempSync(join(tmpdir(), 'host-key-store-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const key = (type: string, text = 'key'): HostKeyBlob => ({ type, key: Buffer.from(text).toString('base64') })

/** What a file of known hosts is after a new key was accepted, and the fault. */
async function accepting(known: string, offered: HostKeyBlob) {
  const file = join(directory, `known-${Math.random()}`)
  const configFile = join(directory, `config-${Math.random()}`)
  writeFileSync(file, known)
  writeFileSync(
    configFile,
    `UserKnownHostsFile ${file}\nGlobalKnownHostsFile none\nHashKnownHosts no\nStrictHostKeyChecking accept-new\n`,
  )
  const target = await resolveTarget({ ssh: '127.0.0.9' }, { configFile, variables: {}, offline: true })
  const fault = await faultOf((async () => createHostKeyStore().check('host', target, offered))())
  return { fault, text: readFileSync(file, 'utf8') }
}

describe('a new key', () => {
  const { key: blob } = key('ssh-ed25519')

  test('is written on a line of its own, also where the last line has no end', async () => {
    expect(await accepting('node1 ssh-rsa AAAA', key('ssh-ed25519'))).toEqual({
      fault: undefined,
      text: `node1 ssh-rsa AAAA\n127.0.0.9 ssh-ed25519 ${blob}\n`,
    })
  })

  test.each([
    ['into an empty file', ''],
    ['after a whole line', 'node1 ssh-rsa AAAA\n'],
  ])('is written %s', async (_where, known) => {
    expect((await accepting(known, key('ssh-ed25519'))).text).toBe(`${known}127.0.0.9 ssh-ed25519 ${blob}\n`)
  })

  test.each([
    ['with a line of its own choice', 'ssh-rsa AAAA\n* ssh-ed25519'],
    ['with an escape sequence', 'ssh-\u001b[2Jrsa'],
    ['without a type', ''],
  ])('of a type %s is refused, and nothing is written', async (_what, type) => {
    expect(await accepting('', key(type))).toEqual({ fault: 'protocol', text: '' })
  })
})
