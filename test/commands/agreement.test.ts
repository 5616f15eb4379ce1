import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import type { Io } from '../../src/commands/io.js'
import { agreement } from '../../src/commands/mending/agreement.js'
import type { VerbRun } from '../../src/commands/verb-run.js'

const fixes = [{ hosts: ['10.0.0.41', '10.0.0.42'], script: '#!/bin/sh\nsysctl -w a=1\n', done: false }]

/** What is agreed to, and what was shown before. */
async function agreed(options: { yes?: boolean }, ask: VerbRun['ask']): Promise<[boolean, string]> {
  const stderr = new PassThrough({ encoding: 'utf8' })
  const io = { stderr: stderr as unknown as Io['stderr'] } as Io
  const typed = { options } as VerbRun['typed']
  const answer = await agreement({ typed, ask, io })(fixes)
  return [answer, stderr.read() ?? '']
}

it('a yes is needed, after the scripts were shown', async () => {
  const shown = 'To be run as root on 10.0.0.41, .42:\n\n#!/bin/sh\nsysctl -w a=1\n\n'
  expect(await agreed({}, async () => ' Yes ')).toEqual([true, shown])
  expect(await agreed({}, async () => 'y')).toEqual([false, shown])
})

it('--yes is one, and where nobody can be asked there is none', async () => {
  const nobody = async () => Promise.reject(new Error('asked'))
  expect(await agreed({ yes: true }, nobody)).toEqual([true, ''])
  expect(await agreed({}, null)).toEqual([false, ''])
})
