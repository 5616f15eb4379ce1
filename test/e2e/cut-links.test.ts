import { afterEach, expect, it } from 'vitest'
import { begun, type Told, toldBy } from '../helpers/command-line.js'
import { type Lab, makeLab, twoHosts } from '../helpers/lab.js'
import { startRelay } from '../helpers/relay.js'

let lab: Lab | undefined

afterEach(async () => {
  await lab?.[Symbol.asyncDispose]()
  lab = undefined
})

it('connections cut in each phase are made again, and nothing is done twice', async () => {
  const own = await makeLab({ roles: twoHosts })
  lab = own
  const up = await cutIn(own, 'up', ['stage', 'configure', 'startCoordinator', 'startOthers', 'awaitReady'])
  expect(up.code, up.screen).toBe(0)
  expect(losses(up)).toBeGreaterThanOrEqual(5)
  expect(up.screen).toMatch(/connection lost: The SSH connection to the host ended/)
  expect(begun(await own.tell('up'), 'start')).toEqual([])
  for (const index of own.hosts.keys()) {
    expect(own.starts(index)).toHaveLength(1)
    expect(doubles(own, index)).toEqual([])
  }

  const down = await cutIn(own, 'down', ['stopOthers', 'stopCoordinator'])
  expect(down.code, down.screen).toBe(0)
  expect(losses(down)).toBeGreaterThanOrEqual(2)
  expect(own.hosts.flatMap((_, index) => own.processes(index))).toEqual([])
})

it.each(['startOthers', 'awaitReady'])(
  'a host that is lost for good in phase %s is told, does not hide the other, and up converges when it is back',
  async (phase) => {
    const own = await makeLab({ roles: twoHosts })
    lab = own
    const { key, sshd } = own.host(1)
    await using relay = await startRelay(sshd)
    own.inventory({ hosts: { [key]: { ssh: relay.address, port: relay.port } } })
    own.pin({ [`[${relay.address}]:${relay.port}`]: sshd.hostKeys })
    own.faults(1, { core: { slowMs: 1000 } })
    const run = own.start('up', '--json')
    await run.printed(new RegExp(`"kind":"stepStarted","phase":"${phase}","host":"${key}"`))
    await relay[Symbol.asyncDispose]()
    const told = await toldBy(await run.done)
    expect(told.code, told.screen).toBe(1)
    expect(told.problems).toMatchObject([{ host: key, code: 'connection-refused' }])

    own.inventory()
    const again = await own.tell('up')
    expect(again.code, again.screen).toBe(0)
    for (const index of own.hosts.keys()) expect(own.starts(index)).toHaveLength(1)
  },
)

/** Runs it, and cuts the links of all hosts when a step of each of the phases has begun. */
async function cutIn(own: Lab, verb: string, phases: readonly string[]): Promise<Told> {
  const run = own.start(verb, '--json')
  for (const phase of phases) {
    await run.reached(phase)
    for (const { sshd } of own.hosts) sshd.cut()
  }
  return toldBy(await run.done)
}

function losses({ events }: Told): number {
  return events.filter(({ kind }) => kind === 'connectionLost').length
}

/** Names of pm2's that more than one process has. */
function doubles(own: Lab, index: number): readonly string[] {
  const names = own.processes(index).map(({ name }) => name)
  return names.filter((name, at) => name !== '' && names.indexOf(name) !== at)
}
