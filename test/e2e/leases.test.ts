import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { toldBy } from '../helpers/command-line.js'
import { gateIn } from '../helpers/gate.js'
import { labFor, twoHosts } from '../helpers/lab.js'
import { build, programIn } from '../helpers/program.js'

beforeAll(build)

it('of several at once one works: another ends with 4 and says who, one that waits goes on after it', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const { holdUntil, open } = gateIn(lab)
  lab.faults(1, { gremlin: { holdUntil } })
  const first = lab.start('up', '--json')
  await first.reached('startOthers')
  const [refused, waiting] = [lab.start('up', '--json'), lab.start('down', '--json', '--wait')]
  const told = await toldBy(await refused.done)
  expect(told.code, told.screen).toBe(4)
  expect(told.problems).toMatchObject([{ host: lab.host(0).key, code: 'lease-held' }])
  expect(told.screen).toMatch(/somebody else changes this cluster now\n +cause +tester@lab runs `up` since \d{4}-/)

  await waiting.printed(/Waiting for the lease/)
  open()
  expect((await first.done).code).toBe(0)
  const waited = await toldBy(await waiting.done)
  expect(waited.code, waited.screen).toBe(0)
  expect(waited.screen).toMatch(/Waiting for the lease: tester@lab runs `up`/)
  expect(lab.processes(0)).toEqual([])
})

it('a lease whose owner is silent for more than a minute is taken over; a fresh one of a dead laptop is told', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const { home } = lab.host(0)
  const now = Math.floor(Date.now() / 1000)
  leave(home, { token: 7, who: 'anna@gone', purpose: 'up', since: now - 50 }, now - 30)
  const refused = await lab.tell('up')
  expect(refused.code, refused.screen).toBe(4)
  expect(refused.screen).toMatch(/anna@gone runs `up`.*its last sign of life was [3-5]\d s ago.*taken over by itself/s)

  leave(home, { token: 7, who: 'anna@gone', purpose: 'up', since: now - 300 }, now - 100)
  const told = await lab.tell('up')
  expect(told.code, told.screen).toBe(0)
  expect(existsSync(join(home, 'lease'))).toBe(false)
})

it('a run that was killed does not keep the next one of the same laptop waiting', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const { holdUntil, open } = gateIn(lab)
  lab.faults(1, { gremlin: { holdUntil } })
  const { start } = programIn(lab)
  const killed = start('up', '--json')
  await killed.printed(/"kind":"stepStarted","phase":"startOthers"/)
  killed.child.kill('SIGKILL')
  await killed.done
  expect(existsSync(join(lab.host(0).home, 'lease'))).toBe(true)
  const next = start('up', '--plain')
  await next.printed(/Wait until ready: /)
  open()
  const again = await next.done
  expect(again.code, again.stdout + again.stderr).toBe(0)
  expect(existsSync(join(lab.host(0).home, 'lease'))).toBe(false)
  expect(lab.starts(1)).toHaveLength(1)
})

/** What a laptop leaves that went away: its lease, with its last sign of life. */
function leave(home: string, owner: object, beat: number): void {
  mkdirSync(join(home, 'lease'), { recursive: true, mode: 0o700 })
  writeFileSync(join(home, 'lease/owner.json'), `${JSON.stringify(owner)}\n`)
  writeFileSync(join(home, 'lease/beat'), `${beat}\n`)
}
