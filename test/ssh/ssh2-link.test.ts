import { EventEmitter } from 'node:events'
import type { Client } from 'ssh2'
import { describe, expect, test } from 'vitest'
import { ssh2Link } from '../../src/ssh/ssh2-link.js'
import { systemWorld } from '../../src/system-world.js'
import { errorOf } from './observe.js'

/** A client whose host opens nothing, for this reason. */
function refusing(reason: string): Client {
  const refuse = (...args: unknown[]) => (args.at(-1) as (error: Error) => void)(new Error(reason))
  return Object.assign(new EventEmitter(), { exec: refuse, forwardOut: refuse }) as unknown as Client
}

describe('what a host says when it opens nothing is data', () => {
  const reason = `\u001b[2J\u001b]0;title\u0007no${'!'.repeat(5000)}`
  const link = ssh2Link(refusing(reason), 'host', {
    world: { ...systemWorld, sleep: async () => {} },
    environment: {},
  })
  const plain = /^no!{498}…$/

  test('of a tunnel', async () => {
    await expect(link.forward('127.0.0.1', 1)).rejects.toThrow(plain)
  })

  test('of a session', async () => {
    const { problem } = await errorOf(link.exec('true', { output: () => {}, errors: () => {} }))
    expect(problem.evidence).toMatch(plain)
  })
})
