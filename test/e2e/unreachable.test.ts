import { expect, it } from 'vitest'
import { begun, type Told } from '../helpers/command-line.js'
import { labFor } from '../helpers/lab.js'
import { freePort } from '../helpers/loopback.js'

it('a host that cannot be reached does not hide the others, before the barrier, after it, and when all goes down', async (test) => {
  const lab = await labFor(test, { roles: [['master'], ['compute', 'index'], ['compute']] })
  const [first = '', second = '', third = ''] = lab.hosts.map(({ key }) => key)
  const unplug = async (): Promise<void> => lab.inventory({ hosts: { [third]: { port: await freePort(third) } } })

  await unplug()
  const before = await lab.tell('up')
  expect(before.code, before.screen).toBe(1)
  expect(codes(before)).toEqual([[third, 'connection-refused']])
  expect([...begun(before, 'write-receipt')].sort()).toEqual([first, second])
  expect(begun(before, 'start')).toEqual([])
  expect(before.screen).toMatch(
    new RegExp(`nothing more was started without ${third}.*take it out of cluster\\.json`, 's'),
  )

  lab.inventory()
  const all = await lab.tell('up')
  expect(all.code, all.screen).toBe(0)
  expect([...begun(all, 'assemble')]).toEqual([third])

  // The coordinator serves, so the barrier keeps nobody from joining.
  await unplug()
  expect((await lab.tell('down', '--hosts', second)).code).toBe(0)
  const after = await lab.tell('up')
  expect(after.code, after.screen).toBe(1)
  expect(codes(after)).toEqual([[third, 'connection-refused']])
  expect(begun(after, 'start')).toEqual([second])
  const status = await lab.status()
  expect(status.hosts.map(({ reachable, state }) => [reachable, state])).toEqual([
    [true, 'ready'],
    [true, 'ready'],
    [false, 'unknown'],
  ])
  expect(status.hosts[2]?.problems).toMatchObject([{ code: 'connection-refused' }])

  const down = await lab.tell('down')
  expect(down.code, down.screen).toBe(1)
  expect(codes(down)).toEqual([[third, 'connection-refused']])
  expect(begun(down, 'stop')).toEqual([second, first])
  expect([0, 1].flatMap((index) => lab.processes(index))).toEqual([])
  expect(lab.processes(2)).not.toEqual([])

  lab.inventory()
  expect((await lab.tell('down')).code).toBe(0)
  expect(lab.processes(2)).toEqual([])
})

it('says that nothing was changed where no host is reached', async (test) => {
  const lab = await labFor(test, { roles: [['master'], ['compute', 'index']] })
  const keys = lab.hosts.map(({ key }) => key)
  const ports = await Promise.all(keys.map(async (key) => [key, { port: await freePort(key) }] as const))
  lab.inventory({ hosts: Object.fromEntries(ports) })
  const told = await lab.tell('up')
  expect(told.code, told.screen).toBe(1)
  expect(told.screen).toMatch(/No host was reached, so nothing was changed\. When they can be, run `trueno-deploy up/)
})

function codes({ problems }: Told): readonly (readonly [string | undefined, string])[] {
  return problems.map(({ host, code }) => [host, code])
}
