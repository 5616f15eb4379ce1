import { describe, expect, it } from 'vitest'
import type { Step } from '../../src/plan/plan.js'
import type { ScriptResult } from '../../src/ssh/connection.js'
import { hash } from '../helpers/fixtures.js'
import { fakeEngine } from './fake-engine.js'
import { failed, fakeHost, ok } from './fake-host.js'
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

describe('an artifact', () => {
  it('is sent as it travels, with news of how far it is', async () => {
    const { fake, received } = sending({ says: 'from 0' })
    await carryOut(fake, planOf([phase({ a: [fetch()] })]))
    expect(received).toEqual([[['7', '/h', 'abc', 'gz', 'wire', '3', '12000000', 'here', 'drop'], 'abc']])
    expect(progressOf(fake)).toEqual([[3, undefined]])
    expect(fake.events.at(-1)).toMatchObject({ kind: 'phaseFinished', outcome: 'done', summary: '1 host, 0.0 MB' })
  })

  it('goes on where it broke off, and what is there already is not sent', async () => {
    const half = sending({ says: 'from 2' })
    await carryOut(half.fake, planOf([phase({ a: [fetch()] })]))
    expect(half.received.map(([, input]) => input)).toEqual(['c'])
    expect(progressOf(half.fake)).toEqual([
      [2, 2],
      [3, 2],
    ])
    const whole = sending({ says: 'present' })
    await carryOut(whole.fake, planOf([phase({ a: [fetch()] })]))
    expect(whole.received.map(([, input]) => input)).toEqual([''])
    expect(whole.fake.events.at(-1)).toMatchObject({ summary: '1 host' })
  })

  it('is sent anew once when what had arrived earlier was no part of it', async () => {
    const spoilt = sending({ says: 'from 2', answers: [failed(71, 'not artifact abc'), ok] })
    await carryOut(spoilt.fake, planOf([phase({ a: [fetch()] })]))
    expect(spoilt.received).toHaveLength(2)
    const fresh = sending({ says: 'from 0', answers: [failed(71, 'not artifact abc')] })
    const { failed: hosts } = await carryOut(fresh.fake, planOf([phase({ a: [fetch()] })]))
    expect(hosts.get('a')).toMatchObject([{ code: 'hash-mismatch' }])
    expect(fresh.received).toHaveLength(1)
  })

  it('leaves this machine no faster than it may, to all hosts together', async () => {
    const { fake, hosts } = sending({ says: 'from 0', hosts: ['a', 'b'], uploadLimit: 100_000, bytes: 300_000 })
    await carryOut(fake, planOf([phase(Object.fromEntries(hosts.map((host) => [host, [fetch()]])))]))
    expect(fake.elapsed()).toBeGreaterThan(5000)
    expect(fake.elapsed()).toBeLessThan(6001)
  })

  it('goes side by side with others of its host; when one fails the others end and are not told', async () => {
    const { fake } = sending({ says: 'from 0', answers: [failed(72, 'no space left'), 'never'] })
    const steps = [fetch('one'), fetch('two'), fetch('three')]
    const { failed: hosts } = await carryOut(fake, planOf([phase({ a: steps })]))
    expect(hosts.get('a')).toMatchObject([{ code: 'disk-full' }])
    expect(fake.events.filter(({ kind }) => kind === 'stepFailed')).toHaveLength(1)
  })
})

interface Sending {
  readonly says: string
  readonly answers?: readonly (ScriptResult | 'never')[]
  readonly hosts?: readonly string[]
  readonly uploadLimit?: number
  /** Default: the three of `abc`. */
  readonly bytes?: number
}

/** Hosts that an artifact is sent to; the last answer for ever. */
function sending({ says, answers = [ok], hosts = ['a'], uploadLimit, bytes }: Sending) {
  const received: [readonly string[], string][] = []
  const left = [...answers]
  const receive = (args: readonly string[], input: string): ScriptResult | Promise<ScriptResult> => {
    received.push([args, input])
    const answer = (left.length > 1 ? left.shift() : left[0]) ?? ok
    return answer === 'never' ? new Promise(() => undefined) : answer
  }
  const fakes = hosts.map((host) => fakeHost(host, { run: { receive }, says: { receive: () => [says] } }))
  const content = bytes === undefined ? Buffer.from('abc') : Buffer.alloc(bytes)
  const read = async function* (from = 0): AsyncGenerator<Uint8Array> {
    yield content.subarray(from)
  }
  const artifacts = { open: async () => ({ encoding: 'gz', sha256: 'wire', bytes: content.length, read }) as const }
  const fake = fakeEngine(fakes, { artifacts, ...(uploadLimit !== undefined && { uploadLimit }) })
  return { fake, received, hosts }
}

function fetch(id = 'f'): Step {
  return {
    id,
    title: 'Send',
    reason: 'it is not there',
    kind: 'fetch',
    artifact: 'abc',
    name: 'package',
    bytes: 12_000_000,
    home: '/h',
  }
}

function progressOf({ events }: ReturnType<typeof fakeEngine>): readonly (readonly unknown[])[] {
  return events.flatMap((event) => (event.kind === 'stepProgress' ? [[event.bytes, event.fromBytes]] : []))
}

/** Works, and keeps what it was sent. */
function noting(sent: unknown[]): (args: readonly string[], input: string) => ScriptResult {
  return (args, input) => {
    sent.push([args, input])
    return ok
  }
}
