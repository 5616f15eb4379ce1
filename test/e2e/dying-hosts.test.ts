import { afterEach, expect, it } from 'vitest'
import { begun } from '../helpers/command-line.js'
import { type Lab, makeLab } from '../helpers/lab.js'

let lab: Lab | undefined

afterEach(async () => {
  await lab?.[Symbol.asyncDispose]()
  lab = undefined
})

it('a host that dies after its signal: the barrier counts it, we say that it died; the others are ready', async () => {
  lab = await makeLab({ roles: [['master'], ['compute', 'index'], [], ['compute']] })
  const keys = lab.hosts.map(({ key }) => key)
  lab.faults(2, { core: { dieAfterSignal: 'stop' } })
  lab.faults(3, { core: { dieAfterSignal: 'exit' } })
  // The barrier is not passed before the one is dead.
  lab.faults(1, { gremlin: { readyAfterMs: 4000 } })
  const told = await lab.tell('up', '--timeout-start', '30s')
  console.log(told.screen)
  expect(told.code, told.screen).toBe(1)
  expect(told.problems.map(({ host, code }) => [host, code])).toEqual([
    [keys[2], 'stopped-meanwhile'],
    [keys[3], 'keeps-restarting'],
  ])
  lab.faults(2)
  lab.faults(3)
  const again = await lab.tell('up')
  expect(again.code, again.screen).toBe(0)
  expect([...begun(again, 'start')].sort()).toEqual([keys[2], keys[3]])
})
