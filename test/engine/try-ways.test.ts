import { Duplex } from 'node:stream'
import { expect, it } from 'vitest'
import type { Way } from '../../src/cluster/ways.js'
import { tryWays } from '../../src/engine/try-ways.js'
import { type ReadConnection, TunnelError } from '../../src/ssh/connection.js'
import { ConnectionError } from '../../src/ssh/errors.js'
import type { World } from '../../src/world.js'
import { fakeHost, said } from './fake-host.js'

const ways: readonly Way[] = [8001, 8002].map((port) => ({ from: 'a', to: 'b', port }))
const blind = said('reach\t1\nblind\tthere is no bash\nend\n')

/** Time goes only where somebody waits for nothing else. */
const world: World = {
  now: () => 0,
  random: () => 0,
  secret: () => '',
  sleep: (_ms, signal) =>
    new Promise((resolve, reject) => {
      setImmediate(resolve)
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
    }),
}

async function outcomes(connection: ReadConnection | undefined, signal = new AbortController().signal) {
  const connections = new Map(connection === undefined ? [] : [['a', connection]])
  const tried = await tryWays(ways, connections, { world, signal })
  return tried.map(({ port, outcome, said }) => [port, outcome, said])
}

it('one visit does all ways of a host', async () => {
  const answer = said('reach\t1\nway\tb\t8001\topen\t1\t\nway\tb\t8002\trefused\t1\t\nend\n')
  const host = fakeHost('a', { read: { reach: () => answer } })
  expect(await outcomes(host)).toEqual([
    [8001, 'open', ''],
    [8002, 'refused', ''],
  ])
  expect(host.calls).toEqual(['reach 2 b 8001 b 8002'])
})

it('what gets no answer is tried once more', async () => {
  const answers = ['reach\t1\nway\tb\t8001\tsilent\t\t\nway\tb\t8002\tsilent\t\t\nend\n']
  answers.push('reach\t1\nway\tb\t8001\tsilent\t\t\nway\tb\t8002\topen\t1\t\nend\n')
  const host = fakeHost('a', { read: { reach: () => said(answers.shift() ?? '') } })
  expect(await outcomes(host)).toEqual([
    [8001, 'silent', ''],
    [8002, 'open', ''],
  ])
  expect(host.calls).toEqual(['reach 2 b 8001 b 8002', 'reach 2 b 8001 b 8002'])
})

it('where the host cannot try, its sshd does', async () => {
  const host = fakeHost('a', { read: { reach: () => blind } })
  const through = (tunnel: ReadConnection['tunnel']): ReadConnection => ({ ...host, tunnel })
  const refused = async (_to: string, port: number): Promise<Duplex> => {
    if (port === 8001) return new Duplex({ read: () => undefined })
    throw new TunnelError('(SSH) Channel open failure: Connection refused')
  }
  expect(await outcomes(through(refused))).toEqual([
    [8001, 'open', ''],
    [8002, 'refused', ''],
  ])
  const lost = async (_to: string, port: number): Promise<Duplex> => {
    if (port === 8001) return new Promise(() => undefined)
    throw new TunnelError('open failed: connect failed: No route to host')
  }
  expect(await outcomes(through(lost))).toEqual([
    [8001, 'silent', ''],
    [8002, 'no-route', 'open failed: connect failed: No route to host'],
  ])
  const forbidden = (): Promise<Duplex> => Promise.reject(new TunnelError('administratively prohibited', true))
  expect(await outcomes(through(forbidden))).toEqual([
    [8001, 'untried', 'there is no bash; by its sshd: administratively prohibited'],
    [8002, 'untried', 'there is no bash; by its sshd: administratively prohibited'],
  ])
})

it('no host is told to dial what must not be dialled', async () => {
  const host = fakeHost('a')
  const cause = 'b is not in 127.0.0.0/8'
  const assertPermitted = (): void => {
    throw new ConnectionError('blocked', 'a', { cause })
  }
  expect(await outcomes({ ...host, assertPermitted })).toEqual([
    [8001, 'untried', cause],
    [8002, 'untried', cause],
  ])
  expect(host.calls).toEqual([])
})

it('tells what is not known since the host was lost, or there is none', async () => {
  const read = () => Promise.reject(new ConnectionError('lost', 'a', { cause: 'it is gone' }))
  const tunnel = (): Promise<Duplex> => Promise.reject(new ConnectionError('lost', 'a', { cause: 'it is gone' }))
  expect((await outcomes({ ...fakeHost('a'), read, tunnel }))[0]).toEqual([8001, 'untried', 'it is gone'])
  expect((await outcomes(undefined))[0]).toEqual([8001, 'untried', 'there is no connection to the host'])
})

it('a host that is lost while its sshd tries is not told to be cut off from others', async () => {
  const answers = [async () => blind, () => Promise.reject(new ConnectionError('lost', 'a', { cause: 'it is gone' }))]
  const read = () => answers.shift()?.() ?? Promise.reject(new Error('asked once more'))
  const tunnel = (): Promise<Duplex> => new Promise(() => undefined)
  const [first] = await outcomes({ ...fakeHost('a'), read, tunnel })
  expect(first?.slice(0, 2)).toEqual([8001, 'untried'])
})

it('ends when it is not wanted any more', async () => {
  const over = new AbortController()
  const read = () => {
    over.abort(new Error('enough'))
    return Promise.reject(over.signal.reason)
  }
  await expect(outcomes({ ...fakeHost('a'), read }, over.signal)).rejects.toThrow('enough')
})
