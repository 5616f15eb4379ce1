import { expect, it } from 'vitest'
import { begun, type Told, toldBy } from '../helpers/command-line.js'
import { type Lab, labFor, twoHosts } from '../helpers/lab.js'
import { startRelay } from '../helpers/relay.js'

it('connections cut in each phase are made again, and nothing is done twice', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const up = await cutIn(lab, 'up', ['stage', 'configure', 'startCoordinator', 'startOthers', 'awaitReady'])
  expect(up.code, up.screen).toBe(0)
  expect(losses(up)).toBeGreaterThanOrEqual(5)
  expect(up.screen).toMatch(/connection lost: The SSH connection to the host ended/)
  expect(begun(await lab.tell('up'), 'start')).toEqual([])
  for (const index of lab.hosts.keys()) {
    expect(lab.starts(index)).toHaveLength(1)
    expect(doubles(lab, index)).toEqual([])
  }

  const down = await cutIn(lab, 'down', ['stopOthers', 'stopCoordinator'])
  expect(down.code, down.screen).toBe(0)
  expect(losses(down)).toBeGreaterThanOrEqual(2)
  expect(lab.hosts.flatMap((_, index) => lab.processes(index))).toEqual([])
})

it.for(['startOthers', 'awaitReady'])(
  'a host that is lost for good in phase %s is told, does not hide the other, and up converges when it is back',
  async (phase, test) => {
    const lab = await labFor(test, { roles: twoHosts })
    const { key, sshd } = lab.host(1)
    await using relay = await startRelay(sshd)
    lab.inventory({ hosts: { [key]: { ssh: relay.address, port: relay.port } } })
    lab.pin({ [`[${relay.address}]:${relay.port}`]: sshd.hostKeys })
    lab.faults(1, { core: { slowMs: 1000 } })
    const run = lab.start('up', '--json')
    await run.printed(new RegExp(`"kind":"stepStarted","phase":"${phase}","host":"${key}"`))
    await relay[Symbol.asyncDispose]()
    const told = await toldBy(await run.done)
    expect(told.code, told.screen).toBe(1)
    expect(told.problems).toMatchObject([{ host: key, code: 'connection-refused' }])

    lab.inventory()
    const again = await lab.tell('up')
    expect(again.code, again.screen).toBe(0)
    for (const index of lab.hosts.keys()) expect(lab.starts(index)).toHaveLength(1)
  },
)

/** Runs it, and cuts the links of all hosts when a step of each of the phases has begun. */
async function cutIn(lab: Lab, verb: string, phases: readonly string[]): Promise<Told> {
  const run = lab.start(verb, '--json')
  for (const phase of phases) {
    await run.reached(phase)
    for (const { sshd } of lab.hosts) sshd.cut()
  }
  return toldBy(await run.done)
}

function losses({ events }: Told): number {
  return events.filter(({ kind }) => kind === 'connectionLost').length
}

/** Names of pm2's that more than one process has. */
function doubles(lab: Lab, index: number): readonly string[] {
  const names = lab.processes(index).map(({ name }) => name)
  return names.filter((name, at) => name !== '' && names.indexOf(name) !== at)
}
