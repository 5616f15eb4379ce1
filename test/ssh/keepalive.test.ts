import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { watchSilence } from '../../src/ssh/keepalive.js'
import { createChance } from '../sim/chance.js'
import { createClock } from '../sim/clock.js'

/** What counts when the SSH configuration says nothing. */
const usual = { intervalMs: 10_000, countMax: 2 }

/** A stream whose far end is heard of at these times, ms; resolves with the time at which it is given up, null: not in 5 minutes. */
async function givenUp(heardAt: readonly number[], limits = usual): Promise<number | null> {
  const clock = createClock(createChance(1))
  const began = clock.now()
  const stream = new PassThrough()
  stream.on('error', () => undefined)
  watchSilence(stream, limits, clock.world)
  for (const ms of heardAt) clock.after(ms, () => stream.write('alive'))
  const ended = new Promise<number>((resolve) => stream.once('close', () => resolve(clock.now() - began)))
  const over = clock.world.sleep(300_000).then(() => null)
  const outcome = await clock.run(Promise.race([ended, over]), 600_000)
  stream.destroy()
  return outcome
}

describe('a far end that falls silent', () => {
  test('is given up 30 s after its last sign of life at the latest', async () => {
    expect(await givenUp([])).toBe(20_000)
    for (const last of [1, 9_999, 10_001, 15_000, 19_999]) {
      const silence = ((await givenUp([last])) ?? Number.POSITIVE_INFINITY) - last
      expect(silence).toBeGreaterThanOrEqual(20_000)
      expect(silence).toBeLessThanOrEqual(30_000)
    }
  })

  test('is not given up as long as it is heard of now and then', async () => {
    expect(await givenUp(Array.from({ length: 20 }, (_, index) => index * 19_000))).toBeNull()
  })
})
