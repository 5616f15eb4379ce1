import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import type { Rehearsal } from '../../src/rehearsal/files.js'
import { areServed, stopHosts } from '../../src/rehearsal/hosts.js'

function rehearsalOf(keeper: number): Rehearsal {
  return { directory: '/tmp/nowhere/.rehearsal', homes: '/tmp/nowhere', hosts: [], publicKey: '', keeper }
}

it('a process that came after the one that served the hosts, with its pid, is not ours to stop', async () => {
  const stranger = spawn('sleep', ['60'], { stdio: 'ignore' })
  try {
    await once(stranger, 'spawn')
    const rehearsal = rehearsalOf(stranger.pid ?? 0)
    expect(areServed(rehearsal)).toBe(false)
    stopHosts(rehearsal)
    expect([stranger.exitCode, stranger.signalCode, stranger.killed]).toEqual([null, null, false])
    process.kill(stranger.pid ?? 0, 0)
  } finally {
    stranger.kill('SIGKILL')
    await once(stranger, 'exit')
  }
})

it('hosts that were never served are not', () => {
  expect(areServed(rehearsalOf(0))).toBe(false)
})
