import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import type { ReachValue } from '../../src/cluster/reach.js'
import { createKnock } from '../../src/commands/knock.js'
import { parseNetworks } from '../../src/ssh/networks.js'
import { systemWorld } from '../../src/system-world.js'
import { freePort } from '../helpers/loopback.js'

async function listening(): Promise<number> {
  const server = createServer((socket) => socket.destroy()).listen(0, '0.0.0.0')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function knock(only: string, values: Readonly<Record<string, string>>): ReturnType<typeof createKnock> {
  const told = Object.entries(values).map(([name, value]): [string, ReachValue] => [name, { value, source: 'default' }])
  const reaches = new Map([['a', { values: Object.fromEntries(told), notes: [] }]])
  return createKnock({
    reaches,
    leaveOut: (address) => address === '127.0.0.9',
    world: systemWorld,
    only: parseNetworks(only),
  })
}

it('says which ports take a connection', async () => {
  const open = await listening()
  const ports = [open, await freePort('127.0.0.1')]
  expect(await knock('127.0.0.0/8', { hostname: '127.0.0.1' })('a', ports)).toEqual([open])
})

it('dials nothing that is forbidden, and no host behind others', async () => {
  const ports = [await listening()]
  expect(await knock('127.1.0.0/16', { hostname: '127.0.0.1' })('a', ports)).toEqual([])
  expect(await knock('127.0.0.0/8', { hostname: '127.0.0.1', proxyJump: 'gate' })('a', ports)).toEqual([])
  expect(await knock('127.0.0.0/8', { hostname: '127.0.0.1', proxyCommand: 'nc …' })('a', ports)).toEqual([])
  expect(await knock('127.0.0.0/8', { hostname: '127.0.0.1', proxyJump: 'none' })('a', ports)).toEqual(ports)
  expect(await knock('127.0.0.0/8', { hostname: '127.0.0.1' })('unknown', ports)).toEqual([])
  expect(await knock('127.0.0.0/8', { hostname: '127.0.0.9' })('a', ports)).toEqual([])
})
