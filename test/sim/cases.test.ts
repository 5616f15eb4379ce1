import { describe, expect, test, vi } from 'vitest'
import type { Role } from '../../src/cluster/cluster.js'
import { releaseOf } from '../helpers/fixtures.js'
import { clusterOf } from './clusters.js'
import { type Command, type End, give } from './command.js'
import { type Machine, powerOff } from './model/machine.js'
import { kill, marked } from './model/process.js'
import { mustBeDone, passTime, run } from './scenario.js'
import { longestMs } from './seeds.js'
import { blackout, createSimulation, restorePower, type Simulation } from './simulation.js'

vi.setConfig({ testTimeout: longestMs })

const small = clusterOf([['master'], ['compute', 'index'], ['index']])
const up: Command = { verb: 'up', cluster: small, release: releaseOf() }
const down: Command = { ...up, verb: 'down' }

function coordinator({ machines }: Simulation): Machine {
  return machines.get(small.coordinator) as Machine
}

test('a hundred hosts pass the barrier, four at once', async () => {
  const others = Array.from({ length: 99 }, (_, index): Role[] => (index % 10 === 0 ? ['index'] : ['compute']))
  const cluster = clusterOf([['master'], ...others])
  const sim = createSimulation(1, cluster)
  await mustBeDone(sim, { ...up, cluster, parallel: 4 })
})

describe('of two ups at once', () => {
  const both = async (sim: Simulation, second: Partial<Command>): Promise<readonly End[]> => {
    const later = sim.clock.world.sleep(5000).then(() => give(sim, { ...up, who: 'second@laptop', ...second }))
    const ends = await sim.clock.run(Promise.all([give(sim, up), later]), 600_000)
    expect(sim.invariants.violations).toEqual([])
    return ends
  }

  test('one is told who holds the lease', async () => {
    const [first, second] = await both(createSimulation(2, small), {})
    expect(first).toMatchObject({ kind: 'done' })
    expect(second).toMatchObject({ kind: 'failed', exitCode: 4, problems: [{ code: 'lease-held' }] })
  })

  test('one can wait, and then has nothing to do', async () => {
    const [first, second] = await both(createSimulation(2, small), { wait: true })
    expect(first).toMatchObject({ kind: 'done' })
    expect(second).toMatchObject({
      kind: 'done',
      closing: expect.arrayContaining([expect.stringMatching(/^Nothing to do/)]),
    })
  })
})

/** How many times something travels between laptop and hosts in an undisturbed `up`. */
const journeys = 150
const moments = Array.from({ length: journeys / 5 }, (_, index) => index * 5 + 1)

test('a link that is lost once, whenever that is, is made again', async () => {
  for (const moment of moments) {
    const sim = createSimulation(moment, small)
    sim.weather.afterJourneys(moment, () => {
      for (const wire of [...sim.wires.values()].flatMap((wires) => [...wires])) wire.break('cut')
    })
    await mustBeDone(sim, up)
  }
})

test('after Ctrl-C, whenever that was, up goes on', async () => {
  for (const moment of moments) {
    const sim = createSimulation(moment, small)
    expect(await run(sim, give(sim, up, { atJourney: moment }))).toEqual({ kind: 'interrupted' })
    await mustBeDone(sim, up)
  }
})

test('up goes on when the coordinator comes back after ten minutes', async () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const sim = createSimulation(seed, small)
    await mustBeDone(sim, up)
    blackout(sim, coordinator(sim))
    await passTime(sim, 600_000)
    restorePower(coordinator(sim))
    await mustBeDone(sim, up)
  }
})

test('up goes on when the coordinator went away while the others were starting', async () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) {
    const sim = createSimulation(seed, small)
    const first = give(sim, up, { atMs: 60_000 })
    await passTime(sim, 25_000)
    blackout(sim, coordinator(sim))
    await run(sim, first)
    restorePower(coordinator(sim))
    await mustBeDone(sim, { ...up, wait: true })
  }
})

test('a lease is kept as long as its command takes', async () => {
  const sim = createSimulation(10, small)
  sim.machines.get('10.1.0.42')?.troubles.set('elasticsearch', { slowness: 10 })
  const first = give(sim, up)
  await passTime(sim, 90_000)
  const second = give(sim, { ...up, who: 'second@laptop' })
  expect(await sim.clock.run(second, 60_000)).toMatchObject({ kind: 'failed', exitCode: 4 })
  await run(sim, first)
})

test('what runs and does not do its work fails up', async () => {
  const sim = createSimulation(11, small)
  await mustBeDone(sim, up)
  const machine = sim.machines.get('10.1.0.41') as Machine
  machine.troubles.set('sparkWorker', { slowness: 1000 })
  for (const worker of marked(machine, 'trueno').filter(({ name }) => name === 'Spark-Worker')) kill(machine, worker)
  expect(await run(sim, give(sim, up))).toMatchObject({ kind: 'failed', problems: [{ code: 'spark-workers-missing' }] })
})

test('first ups that reached different hosts made one cluster', async () => {
  const sim = createSimulation(6, small)
  const others = [...sim.machines.values()].slice(1)
  powerOff(coordinator(sim))
  expect(await run(sim, give(sim, up))).toMatchObject({ kind: 'failed' })
  restorePower(coordinator(sim))
  for (const machine of others) powerOff(machine)
  expect(await run(sim, give(sim, up))).toMatchObject({ kind: 'failed' })
  for (const machine of others) restorePower(machine)
  await mustBeDone(sim, up)
})

test('a host that cannot be reached keeps nothing from being prepared, and everything from being started', async () => {
  const sim = createSimulation(7, small)
  const [first, second, third] = [...sim.machines.values()]
  powerOff(second as Machine)
  expect(await run(sim, give(sim, up))).toMatchObject({ kind: 'failed', problems: [{ host: second?.key }] })
  expect([first, third].map((machine) => machine?.disk.current)).toEqual([up.release.id, up.release.id])
  expect([first, third].map((machine) => machine && marked(machine, 'trueno').length)).toEqual([0, 0])
})

test('a component that ends again and again fails up at once, and is named', async () => {
  const sim = createSimulation(8, small)
  sim.machines.get('10.1.0.42')?.troubles.set('elasticsearch', { livesMs: 2000 })
  const began = sim.clock.now()
  const problems = [{ host: '10.1.0.42', code: 'keeps-restarting', title: 'Elasticsearch did not start' }]
  expect(await run(sim, give(sim, up))).toMatchObject({ kind: 'failed', exitCode: 1, problems })
  expect(sim.clock.now() - began).toBeLessThan(90_000)
})

test('a host whose one question to Elasticsearch found nobody is asked until it serves', async () => {
  const sim = createSimulation(9, small)
  sim.machines.get('10.1.0.41')?.troubles.set('core', { failsPing: true })
  await mustBeDone(sim, up)
})

test('down stops the balancer first, the coordinator last', async () => {
  const cluster = clusterOf([['master'], ['compute', 'index'], ['index']], { host: '10.1.0.40', sourcePort: 9000 })
  const sim = createSimulation(5, cluster)
  await mustBeDone(sim, { ...up, cluster })
  const ran = sim.invariants.trace.length
  await mustBeDone(sim, { ...down, cluster })
  const stops = sim.invariants.trace
    .slice(ran)
    .flatMap((line) => /(\S+): ((?:balancer-)?stop) /.exec(line)?.slice(1, 3).join(' ') ?? [])
  expect([stops[0], stops.slice(1, -1).sort(), stops.at(-1)]).toEqual([
    '10.1.0.40 balancer-stop',
    ['10.1.0.41 stop', '10.1.0.42 stop'],
    '10.1.0.40 stop',
  ])
})

test('the same seed tells the same story', async () => {
  const trace = async (): Promise<readonly string[]> => {
    const sim = createSimulation(3, small)
    await mustBeDone(sim, up)
    await mustBeDone(sim, down)
    return sim.invariants.trace
  }
  expect(await trace()).toEqual(await trace())
})

describe('a host that belongs to another cluster is not touched by', () => {
  const other = clusterOf([['master', 'index'], ['compute']], null, 2)
  const shared = other.coordinator

  test.each([up, down])('$verb', async (command) => {
    const sim = createSimulation(4, { ...other, hosts: [...small.hosts, ...other.hosts.slice(1)] })
    const running = (): readonly string[] =>
      [...(sim.machines.get(shared)?.processes.values() ?? [])].map(({ pid }) => String(pid))
    await mustBeDone(sim, { ...up, cluster: other })
    const before = running()
    expect(await run(sim, give(sim, command))).toMatchObject({
      kind: 'failed',
      problems: [{ code: 'other-cluster', host: shared }],
      closing: [expect.stringMatching(command.verb === 'up' ? /^Nothing was changed/ : /^Nothing was stopped/)],
    })
    expect(running()).toEqual(before)
  })
})
