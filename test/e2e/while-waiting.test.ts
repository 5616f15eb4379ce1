import { copyFileSync, renameSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { begun, toldBy } from '../helpers/command-line.js'
import { type Gate, gateIn } from '../helpers/gate.js'
import { labFor, twoHosts } from '../helpers/lab.js'

it.concurrent('a host that dies after its signal: the barrier counts it, we say that it died; the others are ready', async (test) => {
  const lab = await labFor(test, { roles: [['master'], ['compute', 'index'], [], ['compute']] })
  const keys = lab.hosts.map(({ key }) => key)
  const { holdUntil, open } = gateIn(lab)
  lab.faults(2, { core: { dieAfterSignal: 'stop' } })
  lab.faults(3, { core: { dieAfterSignal: 'exit' } })
  // The barrier is not passed before the one is dead.
  lab.faults(1, { gremlin: { holdUntil } })
  const run = lab.start('up', '--json')
  for (const code of ['stopped-meanwhile', 'keeps-restarting']) await run.printed(new RegExp(`"code":"${code}"`))
  open()
  const told = await toldBy(await run.done)
  expect(told.code, told.screen).toBe(1)
  expect(told.problems.map(({ host, code }) => [host, code])).toEqual([
    [keys[2], 'stopped-meanwhile'],
    [keys[3], 'keeps-restarting'],
  ])
  expect(told.screen).toMatch(/3 of 3 ready signals/)
  lab.faults(2)
  lab.faults(3)
  const again = await lab.tell('up')
  expect(again.code, again.screen).toBe(0)
  // The other is started again by pm2, and may have come to serve.
  expect(begun(again, 'start')).toContain(keys[2])
})

it.concurrent('a log that is rotated while it is followed: emptied, or moved away', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const gates = lab.hosts.map(({ key }) => gateIn(lab, key)) as [Gate, Gate]
  for (const [index, { holdUntil }] of gates.entries()) lab.faults(index, { gremlin: { holdUntil } })
  const logs = lab.hosts.map(({ home }) => join(home, 'run/pm2/logs/Trueno-Core-out-0.log')) as [string, string]
  const run = lab.start('up', '--json', '--timeout-start', '1m')
  await run.printed(/"step":"wait-coordinatorAwaits","message":"Executing/)
  copyFileSync(logs[0], `${logs[0]}.1`)
  truncateSync(logs[0])
  gates[0].open()
  await run.printed(new RegExp(`"host":"${lab.host(1).key}","step":"wait-apiReady","message":"Executing`))
  renameSync(logs[1], `${logs[1]}.1`)
  gates[1].open()
  const told = await toldBy(await run.done)
  expect(told.code, told.screen).toBe(0)
})
