import { expect, it } from 'vitest'
import type { Step } from '../../src/plan/plan.js'
import type { ScriptResult } from '../../src/ssh/connection.js'
import { hash } from '../helpers/fixtures.js'
import { fakeEngine } from './fake-engine.js'
import { fakeHost, ok } from './fake-host.js'
import { carryOut, phase, planOf } from './plans.js'

it('a file is written with its hash', async () => {
  const written: unknown[] = []
  const a = fakeHost('a', { run: { write: noting(written) } })
  const write: Step = {
    id: 'w',
    title: 'Write',
    reason: 'it differs',
    kind: 'write',
    path: '/h/x',
    content: 'hello',
    mode: 0o600,
    home: '/h',
  }
  await carryOut(fakeEngine([a]), planOf([phase({ a: [write] })]))
  expect(written).toEqual([[['7', '/h', '/h/x', '600', hash('hello')], 'hello']])
})

it('an artifact is sent as it travels, with news of how far it is', async () => {
  const received: unknown[] = []
  const a = fakeHost('a', { run: { receive: noting(received) } })
  const read = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('ab')
    yield Buffer.from('c')
  }
  const artifacts = { open: async () => ({ encoding: 'gz', bytes: 3, read }) as const }
  const fake = fakeEngine([a], { artifacts })
  const fetch: Step = {
    id: 'f',
    title: 'Send',
    reason: 'it is not there',
    kind: 'fetch',
    artifact: 'abc',
    name: 'package',
    bytes: 12_000_000,
    home: '/h',
  }
  await carryOut(fake, planOf([phase({ a: [fetch] })]))
  expect(received).toEqual([[['7', '/h', 'abc', 'gz'], 'abc']])
  expect(fake.events.flatMap((event) => (event.kind === 'stepProgress' ? [event.bytes] : []))).toEqual([2, 3])
  expect(fake.events.at(-1)).toMatchObject({ kind: 'phaseFinished', outcome: 'done', summary: '1 host, 12 MB' })
})

/** Works, and keeps what it was sent. */
function noting(sent: unknown[]): (args: readonly string[], input: string) => ScriptResult {
  return (args, input) => {
    sent.push([args, input])
    return ok
  }
}
