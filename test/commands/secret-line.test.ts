import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readSecretLine } from '../../src/commands/secret-line.js'
import { UsageError } from '../../src/errors.js'

const directory = mkdtempSync(join(tmpdir(), 'secret-line-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function fileWith(text: string): number {
  const file = join(directory, 'secret')
  writeFileSync(file, text)
  return openSync(file, 'r')
}

function read(fd: number, signal = new AbortController().signal): Promise<string> {
  return readSecretLine(fd, '--password-fd', signal)
}

async function causeOf(reading: Promise<string>): Promise<string> {
  const error = await reading.catch((thrown) => thrown)
  expect(error).toBeInstanceOf(UsageError)
  return (error as UsageError).problems[0]?.cause ?? ''
}

describe('a line of a file descriptor', () => {
  test.each([
    ['sesame\n', 'sesame'],
    ['sesame', 'sesame'],
    ['se same \r\nmore\n', 'se same '],
    ['sésame\n', 'sésame'],
  ])('%j', async (text, line) => {
    expect(await read(fileWith(text))).toBe(line)
  })

  test('a pipe', async () => {
    const pipe = join(directory, 'pipe')
    execFileSync('mkfifo', [pipe])
    const writer = spawn('sh', ['-c', 'echo sesame > "$1"', 'sh', pipe])
    expect(await read(openSync(pipe, 'r'))).toBe('sesame')
    await once(writer, 'close')
  })

  test('waiting for it can be given up', async () => {
    const pipe = join(directory, 'silent')
    execFileSync('mkfifo', [pipe])
    const stop = new AbortController()
    const reading = read(openSync(pipe, constants.O_RDWR), stop.signal)
    stop.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
  })

  test('what gives none is told', async () => {
    expect(await causeOf(read(fileWith('\nmore\n')))).toMatch(/has no line to read/)
    expect(await causeOf(read(fileWith('a'.repeat(5000))))).toMatch(/longer than 4096/)
    expect(await causeOf(read(999))).toMatch(/EBADF/)
  })
})
