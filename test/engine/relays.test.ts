import { describe, expect, it } from 'vitest'
import type { EventBody } from '../../src/engine/events.js'
import type { Step } from '../../src/plan/plan.js'
import type { RunOptions, ScriptResult } from '../../src/ssh/connection.js'
import { ConnectionError } from '../../src/ssh/errors.js'
import { fakeEngine } from './fake-engine.js'
import { type FakeHost, failed, fakeHost, ok, said } from './fake-host.js'
import { carryOut, phase, planOf } from './plans.js'

describe('hosts that pass on what they were sent', () => {
  it('are told who comes with which grant, and the screen says who served whom', async () => {
    const { hosts, fake } = network(['a', 'b', 'c'])
    const { failed: lost } = await carryOut(fake, planOf([phase(work(hosts))]))
    expect(lost.size).toBe(0)
    const calls = hosts.map(({ calls }) => calls.map((call) => call.split(' ')[0]))
    expect(calls).toEqual([['receive', 'relay'], ['receive'], ['receive']])
    expect(summaryOf(fake.events)).toMatch(/^0\.0 MB once from here, 2 hosts from a$/)
  })

  it('are left for here when they have no Node, which is said', async () => {
    const { hosts, fake } = network(['a', 'b', 'c'], { relay: () => failed(74, 'there is no usable Node\n') })
    await carryOut(fake, planOf([phase(work(hosts))]))
    expect(sources(hosts)).toEqual(['here', 'here', 'here'])
    expect(messages(fake.events)).toContain('from here: a cannot pass it on: there is no usable Node')
  })

  it('are left for here by a host that cannot reach them, which is said with why', async () => {
    const unreachable = failed(76, 'a does not let us connect to its port 4321\n')
    const { hosts, fake } = network(['a', 'b', 'c'], {
      receive: (host, args) => (host === 'b' && args.includes('peer') ? unreachable : stored(args)),
    })
    await carryOut(fake, planOf([phase(work(hosts))]))
    expect(notes(fake.events)).toEqual(['b: a does not let us connect to its port 4321; another source is taken.'])
    expect(hosts[1]?.calls.map((call) => call.split(' ')[8])).toContain('peer')
    expect(fake.events.at(-1)).toMatchObject({ outcome: 'done' })
  })

  it('do so while it arrives; who fails then is asked again when it has all of it', async () => {
    let isTried: () => void = () => undefined
    const tried = new Promise<void>((resolve) => {
      isTried = resolve
    })
    const breaksOff = failed(76, 'a ended after 2 of 3 bytes\n')
    const { hosts, fake } = network(['a', 'b'], {
      passing: true,
      receive: async (host, args) => {
        if (host === 'a') await tried
        const isFirst = hosts[1]?.calls.length === 1
        if (host === 'b') isTried()
        return host === 'b' && isFirst ? breaksOff : stored(args)
      },
    })
    await carryOut(fake, planOf([phase(work(hosts))]))
    expect(hosts[1]?.calls.map((call) => call.split(' ')[8])).toEqual(['peer', 'peer'])
    expect(notes(fake.events)).toEqual(['b: a ended after 2 of 3 bytes; it is asked again when it has all of it.'])
    expect(fake.events.at(-1)).toMatchObject({ outcome: 'done' })
  })

  it('are dialled by no host that may not', async () => {
    const { hosts, fake } = network(['a', 'b', 'c'], { blocked: true })
    await carryOut(fake, planOf([phase(work(hosts))]))
    expect(sources(hosts)).toEqual(['here', 'here', 'here'])
    expect(notes(fake.events)).toContain('b: forbidden; another source is taken.')
  })
})

interface Behaviour {
  readonly relay?: () => ScriptResult
  readonly receive?: (host: string, args: readonly string[]) => ScriptResult | Promise<ScriptResult>
  /** They can pass on what still arrives. */
  readonly passing?: boolean
  readonly blocked?: boolean
}

function network(keys: readonly string[], { relay, receive, passing = false, blocked = false }: Behaviour = {}) {
  const hosts = keys.map((key) => {
    const host = fakeHost(key, {
      run: { receive: (args) => receive?.(key, args) ?? stored(args) },
      says: { receive: (args) => (passing && args.at(-1) === 'keep' ? ['from 0', 'passing'] : ['from 0']) },
      talk: { relay: async (options) => relay?.() ?? serve(options) },
    })
    return blocked ? { ...host, calls: host.calls, assertPermitted: () => forbid(key) } : host
  })
  const read = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('abc')
  }
  const artifacts = { open: async () => ({ encoding: 'tar', sha256: 'wire', bytes: 3, read }) as const }
  return { hosts, fake: fakeEngine(hosts, { artifacts }) }
}

function stored(args: readonly string[]): ScriptResult {
  return said(args.at(-1) === 'keep' ? 'kept\nstored\n' : 'stored\n')
}

/** Grants all that it is asked. */
async function serve({ input }: RunOptions): Promise<ScriptResult> {
  const lines = ['listening 4321']
  const waiting: (() => void)[] = []
  const hear = async (): Promise<string | undefined> => {
    while (lines.length === 0) await new Promise<void>((resolve) => waiting.push(resolve))
    return lines.shift()
  }
  for await (const chunk of input?.(hear) ?? []) {
    const [word, number] = Buffer.from(chunk).toString().split(' ')
    if (word === 'grant') lines.push(`granted ${number}`)
    for (const wake of waiting.splice(0)) wake()
  }
  return ok
}

function forbid(host: string): never {
  throw new ConnectionError('blocked', host, { cause: 'forbidden' })
}

function work(hosts: readonly FakeHost[]): Record<string, readonly Step[]> {
  return Object.fromEntries(hosts.map(({ host }) => [host, [fetchTo(host)]]))
}

function fetchTo(host: string): Step {
  const peers = { address: host, network: 'net' }
  const common = { id: 'f', title: 'Send', reason: 'it is not there', kind: 'fetch' } as const
  return { ...common, artifact: 'abc', name: 'spark', bytes: 12_000_000, home: '/h', peers }
}

/** Where each host was last sent to for it. */
function sources(hosts: readonly FakeHost[]): readonly (string | undefined)[] {
  return hosts.map(({ calls }) => calls.findLast((call) => call.startsWith('receive'))?.split(' ')[8])
}

function summaryOf(events: readonly EventBody[]): string | undefined {
  return events.flatMap((event) => (event.kind === 'phaseFinished' ? [event.summary] : [])).at(-1)
}

function notes(events: readonly EventBody[]): readonly string[] {
  return events.flatMap((event) => (event.kind === 'note' ? [event.message] : []))
}

function messages(events: readonly EventBody[]): readonly (string | undefined)[] {
  return events.flatMap((event) => (event.kind === 'stepProgress' ? [event.message] : []))
}
