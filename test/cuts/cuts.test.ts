import { describe, expect, it } from 'vitest'
import { cutsOf } from './cuts.js'
import { describeTrial, tryCuts } from './trial.js'

const seeds = Array.from({ length: 10 }, (_, index) => index + 1)

it('a seed always means the same cuts', () => {
  expect(cutsOf(7)).toEqual(cutsOf(7))
  expect(cutsOf(7)).not.toEqual(cutsOf(8))
})

describe.concurrent('an up whose connections are cut at random points', () => {
  it.each(seeds)('ends in one running cluster, after one more up at most: seed %i', async (seed) => {
    const trial = await tryCuts(seed)
    expect(trial.faults, describeTrial(trial)).toEqual([])
  })
})
