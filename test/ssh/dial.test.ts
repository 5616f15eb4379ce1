import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DialError, type DialOptions, dial, resolveAddresses } from '../../src/ssh/dial.js'
import { parseNetworks } from '../../src/ssh/networks.js'
import { systemWorld } from '../../src/system-world.js'
import { freePort, loopbackAddress } from '../helpers/loopback.js'

const address = loopbackAddress()
const server = createServer((socket) => void socket.on('error', () => {}).end('here'))
beforeAll(async () => {
  await once(server.listen(0, address), 'listening')
})
afterAll(() => void server.close())

const slept: number[] = []
/** Time passes at once. */
const world = { ...systemWorld, random: () => 0.5, sleep: async (ms: number) => void slept.push(ms) }
const options: DialOptions = { world: systemWorld, only: null, timeoutMs: 5000 }

function failing(code: string, times: number, found: readonly string[]): () => Promise<readonly string[]> {
  let asked = 0
  return async () => {
    asked += 1
    if (asked <= times) throw Object.assign(new Error(`getaddrinfo ${code}`), { code })
    return found
  }
}

async function faultOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'no fault',
    (error) => (error instanceof DialError ? error.fault : error),
  )
}

describe('looking up', () => {
  test('a resolver that fails for a moment is asked again, later each time', async () => {
    slept.length = 0
    const lookup = failing('EAI_AGAIN', 2, ['127.0.0.9'])
    expect(await resolveAddresses('node1', { world, only: null, lookup })).toEqual(['127.0.0.9'])
    expect(slept).toEqual([300, 600])
  })

  test('not for ever', async () => {
    const lookup = failing('EAI_AGAIN', 99, [])
    expect(await faultOf(resolveAddresses('node1', { world, only: null, lookup }))).toBe('name-not-found')
  })

  test('a name that is not there is not asked for again', async () => {
    slept.length = 0
    const lookup = failing('ENOTFOUND', 1, ['127.0.0.9'])
    expect(await faultOf(resolveAddresses('node1', { world, only: null, lookup }))).toBe('name-not-found')
    expect(slept).toEqual([])
  })

  test('nobody is asked when only some networks are allowed', async () => {
    const lookup = () => Promise.reject(new Error('it was asked'))
    const only = parseNetworks('127.0.0.0/8')
    expect(await faultOf(resolveAddresses('name.invalid', { world, only, lookup }))).toBe('blocked')
    expect(await resolveAddresses('localhost', { world, only, lookup })).toContain('127.0.0.1')
  })

  test('addresses of the wanted family only', async () => {
    const lookup = async () => ['::1', '127.0.0.1']
    const found = (family: 'inet' | 'inet6') => resolveAddresses('node1', { world, only: null, family, lookup })
    expect([await found('inet'), await found('inet6')]).toEqual([['127.0.0.1'], ['::1']])
    expect(await faultOf(resolveAddresses('127.0.0.1', { world, only: null, family: 'inet6' }))).toBe('name-not-found')
  })
})

describe('connecting', () => {
  const port = () => (server.address() as AddressInfo).port

  test('to the first address that answers', async () => {
    const lookup = async () => ['127.0.0.1', address]
    const socket = await dial('node1', port(), { ...options, lookup })
    expect(socket.remoteAddress).toBe(address)
    socket.destroy()
  })

  test('from the address that is wanted', async () => {
    const from = loopbackAddress()
    const socket = await dial(address, port(), { ...options, from })
    expect(socket.localAddress).toBe(from)
    socket.destroy()
  })

  test('refused', async () => {
    expect(await faultOf(dial(address, await freePort(address), options))).toBe('refused')
  })

  test('the signal ends it with its reason', async () => {
    const dialling = dial(address, port(), { ...options, signal: AbortSignal.abort('enough') })
    expect(await dialling.catch((reason) => reason)).toBe('enough')
  })
})
