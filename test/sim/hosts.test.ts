import { describe, expect, test } from 'vitest'
import type { Role } from '../../src/cluster/cluster.js'
import { releaseOf } from '../helpers/fixtures.js'
import { clusterOf } from './clusters.js'
import { type Command, give } from './command.js'
import { mustBeDone, run } from './scenario.js'
import { createSimulation } from './simulation.js'

const small = clusterOf([['master'], ['compute', 'index'], ['index']])
const up: Command = { verb: 'up', cluster: small, release: releaseOf() }
const down: Command = { ...up, verb: 'down' }

test('a hundred hosts pass the barrier, four at once', async () => {
  const others = Array.from({ length: 99 }, (_, index): Role[] => (index % 10 === 0 ? ['index'] : ['compute']))
  const cluster = clusterOf([['master'], ...others])
  const sim = createSimulation(1, cluster)
  await mustBeDone(sim, { ...up, cluster, parallel: 4 })
})

test('of two ups at once one is told who holds the lease', async () => {
  const sim = createSimulation(2, small)
  const second = async () => {
    await sim.clock.world.sleep(5000)
    return give(sim, { ...up, who: 'second@laptop' })
  }
  const [first, other] = await sim.clock.run(Promise.all([give(sim, up), second()]), 600_000)
  expect(first).toMatchObject({ kind: 'done' })
  expect(other).toMatchObject({ kind: 'failed', exitCode: 4, problems: [{ code: 'lease-held' }] })
  expect(sim.invariants.violations).toEqual([])
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
    })
    expect(running()).toEqual(before)
  })
})
