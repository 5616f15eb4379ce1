import { expect, it } from 'vitest'
import type { Cluster, HostKey } from '../../src/cluster/cluster.js'
import type { ReadContext, ReadFleet } from '../../src/commands/context.js'
import { visitAndLeave } from '../../src/commands/visit.js'
import { fakeEngine } from '../engine/fake-engine.js'
import { fakeHost, said } from '../engine/fake-host.js'
import { emptyFacts, exampleCluster, hostOf } from '../helpers/fixtures.js'
import { renderFacts } from '../helpers/render-facts.js'

const hosts = Array.from({ length: 100 }, (_, index) => `h${index}`)

/** The most hosts that had begun to tell and were not left yet, and those that were left. */
async function visiting(
  more: Partial<Cluster>,
  fails: readonly HostKey[] = [],
): Promise<{ most: number; left: readonly HostKey[] }> {
  let open = 0
  let most = 0
  const left: HostKey[] = []
  const fakes = hosts.map((key) =>
    fakeHost(key, {
      read: {
        facts: async () => {
          open += 1
          most = Math.max(most, open)
          return said(fails.includes(key) ? 'no facts' : renderFacts(emptyFacts(key)))
        },
      },
    }),
  )
  const { clock, engine } = fakeEngine(fakes)
  const leave = async (host: HostKey): Promise<void> => {
    open -= 1
    left.push(host)
  }
  const fleet = { connections: engine.connections, unreachable: new Map(), reach: async () => undefined, leave }
  const cluster = { ...exampleCluster({ hosts: hosts.map((key) => hostOf(key, [])), coordinator: 'h0' }), ...more }
  const context = { world: clock.world, signal: new AbortController().signal } as ReadContext
  await clock.run(visitAndLeave(cluster, fleet as unknown as ReadFleet, context), 10_000)
  return { most, left }
}

it('who asks for nothing else leaves a host when it has told, before another is asked', async () => {
  const { most, left } = await visiting({ hasInventory: true }, ['h7'])
  expect(most).toBe(64)
  expect(new Set(left)).toEqual(new Set(hosts))
})

it('without an inventory receipts may send us there again: nobody is left', async () => {
  expect((await visiting({ hasInventory: false })).left).toEqual([])
})
