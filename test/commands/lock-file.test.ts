import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockFileOf, readLockFile, writeLockFile } from '../../src/commands/lock-file.js'

let directory = ''
let path = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lock-'))
  path = lockFileOf(join(directory, 'cluster.json'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const lock = { version: 1, hostKeys: { '[node1]:2222': ['ssh-ed25519 AAAA'] } } as const

describe('the lock file', () => {
  it('lies beside cluster.json', () => {
    expect(path).toBe(join(directory, 'trueno-deploy.lock.json'))
  })

  it('pins nothing where there is none', async () => {
    expect(await readLockFile(path)).toEqual({ version: 1, hostKeys: {} })
  })

  it('is read as it was written, and nothing lies beside it', async () => {
    await writeLockFile(path, { version: 1, hostKeys: {} })
    await writeLockFile(path, lock)
    expect(await readLockFile(path)).toEqual(lock)
    expect(await readFile(path, 'utf8')).toMatch(/^\{\n {2}"version": 1/)
    expect(await readdir(directory)).toEqual(['trueno-deploy.lock.json'])
  })

  it.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['another version', '{"version":2,"hostKeys":{}}'],
    ['no keys', '{"version":1}'],
    ['keys that are none', '{"version":1,"hostKeys":{"a":"ssh-ed25519 AAAA"}}'],
    ['a key that is none', '{"version":1,"hostKeys":{"a":[1]}}'],
    ['sources that are none', '{"version":1,"hostKeys":{},"sources":{"npm:a@1":1}}'],
  ])('of something else is refused, not replaced: %s', async (_title, text) => {
    await writeFile(path, text)
    await expect(readLockFile(path)).rejects.toMatchObject({
      exitCode: 2,
      problems: [{ code: 'lock-file-unusable', cause: 'it is not a lock file of version 1', evidence: path }],
    })
    expect(await readFile(path, 'utf8')).toBe(text)
  })

  it('that cannot be written is told', async () => {
    await mkdir(path)
    await expect(writeLockFile(path, lock)).rejects.toMatchObject({
      exitCode: 2,
      problems: [{ code: 'lock-file-unusable', evidence: path }],
    })
    expect(await readdir(directory)).toEqual(['trueno-deploy.lock.json'])
  })
})
