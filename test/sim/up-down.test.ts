import { expect, test } from 'vitest'
import { tell } from './scenario.js'
import { longestMs, seeds } from './seeds.js'

/** More than a few failures tell nothing more, and make a long page. */
const mostTold = 3

test(
  'whatever goes wrong, one more up converges, another has nothing to do, and down leaves nothing',
  async () => {
    const failures: string[] = []
    for (const seed of seeds) {
      await tell(seed).catch((error: Error) => failures.push(error.message))
      if (failures.length === mostTold) break
    }
    expect(failures.join('\n\n')).toBe('')
  },
  longestMs,
)
