import { expect, it } from 'vitest'
import { DialError } from '../../src/ssh/dial.js'
import { reach } from '../../src/ssh/reach.js'
import { systemWorld } from '../../src/system-world.js'

it('a server that does not answer is given up, also where somebody may interrupt', async () => {
  // As a full queue of connections does: whoever comes now waits.
  const world = { ...systemWorld, sleep: async () => undefined }
  const { signal } = new AbortController()
  const reached = reach('127.0.0.1', 9, { world, only: null, signal })
  await expect(reached).rejects.toThrow(new DialError('timed-out', '127.0.0.1 port 9 does not answer'))
})
