import { expect, it } from 'vitest'
import type { Facts } from '../../src/cluster/facts.js'
import type { ReadContext, ReadFleet } from '../../src/commands/context.js'
import { InterruptedRun, tellingWhatRuns } from '../../src/commands/interrupted.js'
import { InterruptedError } from '../../src/errors.js'
import { fakeEngine } from '../engine/fake-engine.js'
import { type FakeHost, fakeHost, said } from '../engine/fake-host.js'
import { emptyFacts, exampleCluster, hostOf, processOf } from '../helpers/fixtures.js'
import { renderFacts } from '../helpers/render-facts.js'

const cluster = exampleCluster({ hosts: ['a', 'b', 'c'].map((key) => hostOf(key, [])), coordinator: 'a' })
const running: Partial<Facts> = { processes: [processOf('Trueno-Core')] }

function answering(key: string, facts: Partial<Facts> = {}): FakeHost {
  return fakeHost(key, { read: { facts: () => said(renderFacts(emptyFacts(key, facts))) } })
}

/** Does work on these hosts, and what it ended with. */
async function ending(hosts: readonly FakeHost[], work: () => Promise<unknown>): Promise<unknown> {
  const { clock, engine } = fakeEngine(hosts)
  const fleet = { connections: engine.connections } as unknown as ReadFleet
  const context = { world: clock.world } as ReadContext
  return clock.run(
    tellingWhatRuns(cluster, fleet, context, 'Go on.', work).catch((error: unknown) => error),
    10_000,
  )
}

const stopped = (): Promise<never> => Promise.reject(new InterruptedError('stop'))

it.each<[told: string, hosts: readonly FakeHost[]]>([
  [
    'Running: a (coordinator), c. 1 of 3 hosts run nothing.',
    [answering('a', running), answering('b'), answering('c', running)],
  ],
  ['Running: b.', [answering('b', running)]],
  ['Nothing of this cluster runs.', ['a', 'b', 'c'].map((key) => answering(key))],
  [
    'What runs on the hosts could not be asked any more.',
    [answering('a'), fakeHost('b', { read: { facts: () => new Promise(() => undefined) } })],
  ],
])('a run that is stopped tells: %s', async (told, hosts) => {
  const error = await ending(hosts, stopped)
  expect(error).toBeInstanceOf(InterruptedRun)
  expect(error).toMatchObject({ closing: [told, 'Go on.'] })
})

it('any other end is left as it is, and nobody is asked', async () => {
  const failure = new Error('something else')
  expect(await ending([fakeHost('a')], () => Promise.reject(failure))).toBe(failure)
  expect(await ending([fakeHost('a')], async () => 'done')).toBe('done')
})
