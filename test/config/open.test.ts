import { expect, test } from 'vitest'
import type { FileReading, ReadFile } from '../../src/config/files.js'
import { readRegularFile } from '../../src/config/files.js'
import { loadCluster } from '../../src/config/load.js'
import type { UsageError } from '../../src/errors.js'

const toName = 'Give the path of the cluster file as argument'

test.each<[string, FileReading, object]>([
  [
    'a directory',
    { kind: 'notAFile', detail: 'a directory' },
    { code: 'config-not-a-file', title: 'Not a file', cause: 'cluster.json is a directory', remedy: `${toName}.` },
  ],
  [
    'too large',
    { kind: 'tooLarge' },
    {
      code: 'config-too-large',
      title: 'File too large',
      cause: 'cluster.json is larger than 1 MiB',
      remedy: `${toName}; this is another.`,
    },
  ],
  [
    'no right to read it',
    { kind: 'unreadable', detail: 'you have no right to read it' },
    {
      code: 'config-unreadable',
      title: 'File not readable',
      cause: 'cluster.json cannot be read: you have no right to read it',
      remedy: 'Make it readable for you.',
    },
  ],
  [
    'Latin-1',
    { kind: 'content', bytes: Buffer.from('{\n\n"gr\u00f6\u00dfe": {} }', 'latin1') },
    {
      code: 'config-not-utf8',
      title: 'File not in UTF-8',
      cause: 'cluster.json is not UTF-8 (line 3)',
      remedy: 'Save it as UTF-8 without byte order mark.',
    },
  ],
  [
    'UTF-16',
    { kind: 'content', bytes: Buffer.from('\ufeff{}', 'utf16le') },
    {
      code: 'config-not-utf8',
      title: 'File not in UTF-8',
      cause: 'cluster.json is UTF-16',
      remedy: 'Save it as UTF-8 without byte order mark.',
    },
  ],
])('%s', async (_title, reading, expected) => {
  const problems = await problemsOf(async (path) => (path === '/project/cluster.json' ? reading : { kind: 'missing' }))
  expect(problems).toEqual([{ severity: 'error', evidence: 'cluster.json', ...expected }])
})

test('a name with control characters does not reach the terminal as it is', async () => {
  const problems = await problemsOf(async () => ({ kind: 'missing' }), '\u001b[2Jx.json')
  expect(problems).toMatchObject([{ cause: '\\u{1b}[2Jx.json does not exist', evidence: '\\u{1b}[2Jx.json' }])
})

test('reads from the file system when no other way is given', async () => {
  expect(await problemsOf(readRegularFile, '/nowhere/at/all.json')).toMatchObject([{ code: 'config-missing-file' }])
})

async function problemsOf(readFile: ReadFile, clusterFile = 'cluster.json'): Promise<UsageError['problems']> {
  const options = { clusterFile, workingDirectory: '/project', homeDirectory: '/home/ada', readFile }
  const error = await loadCluster(options).catch((reason: unknown) => reason)
  return (error as UsageError).problems
}
