import { get } from 'node:http'
import { createServer, type Server } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { begun, type Told } from '../helpers/command-line.js'
import { type Lab, makeLab } from '../helpers/lab.js'
import { freePort, loopbackAddress } from '../helpers/loopback.js'

let lab: Lab
let taken: Server | undefined
let sourcePort = 0

/** Two hosts of the cluster and one that is not in it. */
beforeEach(async () => {
  lab = await makeLab({ roles: [['master'], ['compute', 'index'], []] })
  lab.members(0, 1)
  sourcePort = await freePort('0.0.0.0')
})

afterEach(async () => {
  taken?.close()
  await lab[Symbol.asyncDispose]()
})

/** The balancer on this host, bound to an address of its own, since other tests have theirs. */
function balanceOn(index: number, bind = lab.host(index).key): void {
  const { key, sshd } = lab.host(index)
  lab.inventory({
    balancer: { host: key, sourcePort },
    hosts: { [key]: { port: sshd.port, environment: { TRUENO_STANDIN_BIND: bind } } },
  })
}

it('in the cluster, then on a host outside of it: asked through it, seen by status, stopped by down', async () => {
  balanceOn(0)
  const inside = await lab.tell('up')
  expect(inside.code, inside.screen).toBe(0)
  expect(inside.screen).toMatch(new RegExp(`Balancer +${lab.host(0).key}:${sourcePort}`))
  expect(await requestTo(lab.host(0).key)).toBe(200)
  expect((await lab.status()).balancer).toEqual({ host: lab.host(0).key, sourcePort, state: 'running', targets: 2 })

  balanceOn(2)
  const outside = await lab.tell('up')
  expect(outside.code, outside.screen).toBe(0)
  expect(begun(outside, 'stop-balancer')).toEqual([lab.host(0).key])
  expect(await requestTo(lab.host(2).key)).toBe(200)
  await expect(requestTo(lab.host(0).key)).rejects.toThrow('ECONNREFUSED')
  const status = await lab.status()
  expect(status).toMatchObject({ state: 'ready', balancer: { host: lab.host(2).key, state: 'running' } })
  expect((await lab.run('up')).stdout).toContain('Nothing to do')

  expect((await lab.run('down')).code).toBe(0)
  expect(lab.hosts.flatMap((_, index) => lab.processes(index))).toEqual([])
  await expect(requestTo(lab.host(2).key)).rejects.toThrow('ECONNREFUSED')
})

it('whose port is taken: told before the start where that can be seen, else with its log', async () => {
  balanceOn(2)
  taken = await listen(lab.host(2).key)
  const early = await lab.tell('up')
  expect(early.code, early.screen).toBe(1)
  expect(codes(early)).toEqual([[lab.host(2).key, 'port-taken']])
  expect(begun(early, 'assemble')).toEqual([])
  taken.close()

  const elsewhere = loopbackAddress()
  taken = await listen(elsewhere)
  balanceOn(2, elsewhere)
  const late = await lab.tell('up', '--timeout-start', '10s')
  expect(late.code, late.screen).toBe(1)
  expect(codes(late)).toEqual([[lab.host(2).key, 'port-taken']])
  expect(late.screen).toMatch(/loadbalancer\.out\n.*EADDRINUSE/)
  expect((await lab.status()).hosts.slice(0, 2).map(({ state }) => state)).toEqual(['ready', 'ready'])
  expect((await lab.status()).balancer).toMatchObject({ state: 'failing' })

  balanceOn(2)
  const again = await lab.tell('up')
  expect(again.code, again.screen).toBe(0)
  expect((await lab.status()).state).toBe('ready')
})

function codes({ problems }: Told): readonly (readonly [string | undefined, string])[] {
  return problems.map(({ host, code }) => [host, code])
}

function requestTo(host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get({ host, port: sourcePort, agent: false }, (response) => resolve(response.resume().statusCode)).on(
      'error',
      reject,
    )
  })
}

function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', reject)
    server.listen(sourcePort, address, () => resolve(server))
  })
}
