import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { cycle } from '../../src/commands/rehearse.js'
import type { VerbRun } from '../../src/commands/verb-run.js'
import { type ExitCode, exitCodes } from '../../src/errors.js'
import { findRehearsal, makeFiles, removeFiles } from '../../src/rehearsal/files.js'

/** A rehearsal whose verbs end like this, and what is there of it afterwards. */
async function rehearsed(codes: Readonly<Record<string, ExitCode>>) {
  const directory = join(mkdtempSync(join(tmpdir(), 'rehearsal-')), '.rehearsal')
  const rehearsal = makeFiles(directory)
  onTestFinished(() => {
    removeFiles(rehearsal)
    rmSync(join(directory, '..'), { recursive: true, force: true })
  })
  const said: string[] = []
  const run = {
    typed: { verb: 'rehearse', options: {} },
    io: { workingDirectory: join(directory, '..'), stdout: { write: (text: string) => void said.push(text) } },
    signal: new AbortController().signal,
    again: async ([verb = '']: readonly string[]) => codes[verb],
  } as unknown as VerbRun
  const { exitCode } = await cycle({ rehearsal, stop: () => void said.push('(hosts stopped)') }, run)
  return { exitCode, left: findRehearsal(directory), rehearsal, said: said.join('') }
}

it('a rehearsal whose cluster was not taken down is remembered, with the homes of its hosts', async () => {
  const { exitCode, left, rehearsal, said } = await rehearsed({
    up: exitCodes.interrupted,
    down: exitCodes.interrupted,
  })
  expect(exitCode).toBe(exitCodes.interrupted)
  expect(left).toEqual(rehearsal)
  expect(said).toMatch(/\(hosts stopped\)\n.*taken down by `npm start`, or by `npx trueno-deploy rehearse --stop`/)
})

it('one that was taken down is gone', async () => {
  const { exitCode, left, said } = await rehearsed({ up: exitCodes.failed, down: exitCodes.done })
  expect([exitCode, left]).toEqual([exitCodes.failed, undefined])
  expect(said).toMatch(/\(hosts stopped\)\nThe rehearsal's hosts and files are removed\.\n$/)
})
