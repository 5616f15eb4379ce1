import { expect, it } from 'vitest'
import type { Facts } from '../../src/cluster/facts.js'
import type { HostStatus } from '../../src/cluster/status.js'
import type { ReadContext } from '../../src/commands/context.js'
import { status } from '../../src/commands/status.js'
import type { Probes } from '../../src/health/probes.js'
import { type FakeHost, fakeHost, said } from '../engine/fake-host.js'
import { exampleCluster, hostOf, processOf } from '../helpers/fixtures.js'
import { renderFacts } from '../helpers/render-facts.js'
import { createChance } from '../sim/chance.js'
import { createClock } from '../sim/clock.js'
import { balancer, servingIn, start } from './serving.js'

const cluster = exampleCluster({
  hosts: [hostOf('a', ['master']), hostOf('b', []), hostOf('front', [], { member: false })],
  coordinator: 'a',
  balancer,
})
function facts(key: string, more: Partial<Facts> = {}): Facts {
  return servingIn(cluster, key, more)
}

const state =
  '==> state <==\nnow\t1\nprocess\t6\t30\t\t0\tPM2 v2.6.1: God Daemon (/h)\nprocess\t7\t30\tTrueno-Core\t0\tnode\n'
const noJava = `==> /d/logs/gremlin_server-err-1.log <==\nJAVA_HOME is not set\n${state}`
const nothing = '==> state <==\nnow\t1\n'
const stopped = `==> /h/run/pm2/pm2.log <==\n2026-11-25 10:00:00: PM2 successfully stopped\n${nothing}`

interface Found {
  readonly hosts: readonly HostStatus[]
  readonly exitCode: number
  /** What was read of each host. */
  readonly asked: readonly (readonly string[])[]
}

const balancing = processOf('', { part: 'balancer', command: 'node loadbalancer' })

interface Others {
  readonly a?: Partial<Facts>
  /** Whether the balancer runs, on a host of its own; default: true. */
  readonly balances?: boolean
}

/** @param b what host b says of itself, and of a look at it; the others are well */
async function found(
  b: Partial<Facts>,
  evidence?: string,
  isSilent = false,
  { a = {}, balances = true }: Others = {},
): Promise<Found> {
  const front = { processes: balances ? [balancing] : [], listeners: [], start: null }
  const hosts: readonly FakeHost[] = [
    fakeHost('a', { read: { facts: () => said(renderFacts(facts('a', a))), evidence: () => said(state) } }),
    fakeHost('front', { read: { facts: () => said(renderFacts(facts('front', front))) } }),
    fakeHost('b', {
      read: {
        facts: () => said(renderFacts(facts('b', b))),
        ...(evidence !== undefined && { evidence: () => said(evidence) }),
      },
    }),
  ]
  const clock = createClock(createChance(1))
  const ok = { ok: true } as const
  const refused = { ok: false, reason: 'refused', detail: 'refused' } as const
  const probesOf = (host: string): Probes => ({
    http: async () => (isSilent && host === 'b' ? refused : ok),
    gremlin: async () => (isSilent && host === 'b' ? refused : ok),
    elasticsearch: () => Promise.reject(new Error('there is none')),
    spark: async () => ({ ok: true, status: 'ALIVE', url: 'spark://a:8005', aliveWorkers: 0, workers: [] }),
  })
  const context: ReadContext = {
    world: clock.world,
    emit: () => undefined,
    signal: new AbortController().signal,
    probes: ({ host }) => probesOf(host),
    connect: async () => ({
      connections: new Map(hosts.map((host) => [host.host, host])),
      unreachable: new Map(),
      reach: async () => undefined,
      leave: async () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
    }),
  }
  const told = await clock.run(status({ cluster, chosen: null, deep: false }, context), 60_000)
  const asked = cluster.hosts.map(({ key }) => {
    const calls = hosts.find(({ host }) => host === key)?.calls ?? []
    return calls.map((call) => call.split(' ')[0] ?? '')
  })
  return { hosts: told.status.hosts, exitCode: told.exitCode, asked }
}

const codes = ({ hosts }: Found): readonly (readonly string[])[] =>
  hosts.map(({ problems }) => problems.map(({ code }) => code))

it('of a cluster that is well asks each host once', async () => {
  const told = await found({})
  expect([told.exitCode, codes(told), told.asked]).toEqual([0, [[], [], []], [['facts'], ['facts'], ['facts']]])
})

it('of a host that is not well tells the cause in the place of what it brings about, and looks at no other', async () => {
  const told = await found({}, noJava, true)
  expect(codes(told)).toEqual([[], ['java-missing'], []])
  expect(told.asked).toEqual([['facts'], ['facts', 'evidence'], ['facts']])
})

it('tells what it sees where the look finds nothing, or cannot be made', async () => {
  const silent = ['trueno-not-answering', 'gremlin-not-answering']
  expect(codes(await found({}, state, true))).toEqual([[], silent, []])
  expect(codes(await found({}, '', true))).toEqual([[], silent, []])
})

it('tells a component that does not stay up by what it logged', async () => {
  const processes = facts('b').processes.map((one) =>
    one.name === 'Gremlin-Server' ? { ...one, restarts: 6, upSeconds: 1 } : one,
  )
  const told = await found({ processes }, `==> /d/logs/gremlin_server-err-1.log <==\nit is jammed\n${state}`)
  expect(told.hosts[1]?.problems).toMatchObject([
    { code: 'keeps-restarting', evidence: expect.stringContaining('it is jammed') },
  ])
  expect(codes(await found({ processes }, noJava))).toEqual([[], ['java-missing'], []])
})

it('of a host on which nothing runs tells that it died, unless somebody has stopped it', async () => {
  const down = { processes: [], listeners: [] }
  expect(codes(await found(down, nothing))).toEqual([[], ['died'], []])
  expect(codes(await found(down, stopped))).toEqual([[], [], []])
  const rebooted = { ...down, start: { ...start, bootId: 'another' } }
  expect((await found(rebooted, nothing)).hosts[1]?.problems).toMatchObject([
    { code: 'died', cause: expect.stringMatching(/^the host was started anew/) },
  ])
})

it('asks no host that a run of ours has stopped, also where others miss what ran there', async () => {
  const told = await found({ processes: [], listeners: [], stoppedStart: start.id }, nothing, true)
  expect(told.hosts[1]?.state).toBe('stopped')
  expect([codes(told), told.asked[1]]).toEqual([[[], [], []], ['facts']])
})

it('of a cluster that is down looks at no host, and tells why as far as they know it', async () => {
  const down = { processes: [], listeners: [] }
  const restarted = { ...down, start: { ...start, bootId: 'another' } }
  const told = await found(restarted, undefined, true, { a: down, balances: false })
  expect(told.asked).toEqual([['facts'], ['facts'], ['facts']])
  expect([codes(told), told.exitCode]).toEqual([[['died'], ['died'], []], 3])
  expect(told.hosts.map(({ problems: [first] }) => first?.cause)).toEqual([
    expect.stringMatching(/^all that was started/),
    expect.stringMatching(/^the host was started anew/),
    undefined,
  ])
})

it('of a cluster that was stopped tells nothing', async () => {
  const down = { processes: [], listeners: [], stoppedStart: start.id }
  expect(codes(await found(down, undefined, true, { a: down, balances: false }))).toEqual([[], [], []])
})

it('of a host that starts tells what it waits for, as a warning', async () => {
  const begun = `==> /h/run/pm2/logs/Trueno-Core-out-0.log <==\nGremlin Server starting...\n${state}`
  const told = await found({ listeners: [] }, begun, true)
  expect(told.hosts[1]?.state).toBe('starting')
  expect(told.hosts[1]?.problems.filter(({ severity }) => severity === 'warning')).toMatchObject([
    { code: 'component-not-ready' },
  ])
})

it('of a balancer that does not run on a host of its own asks no more', async () => {
  const told = await found({}, undefined, false, { balances: false })
  expect([codes(told), told.asked]).toEqual([
    [[], [], ['not-as-started']],
    [['facts'], ['facts'], ['facts']],
  ])
})
