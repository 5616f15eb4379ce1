import { expect, test } from 'vitest'
import { tell } from './scenario.js'

const only = process.env.SIM_SEED
const seeds = only === undefined ? Array.from({ length: Number(process.env.SIM_SEEDS ?? 300) }, (_, index) => index + 1) : [Number(only)]

test('whatever goes wrong, one more up converges, a second one has nothing to do, and down leaves nothing', async () => {
  const began = performance.now()
  const failures: string[] = []
  for (const seed of seeds) await tell(seed).catch((error: Error) => failures.push(error.message))
  console.log(failures.length, 'of', seeds.length, performance.now() - began)
  console.log(failures.map((f) => f.split('\n')[0]).join('\n'))
  if (process.env.SIM_SEED) console.log(failures[0])
  expect(failures.length).toBe(0)
}, 120_000)
