import { get } from 'node:http'
import { createServer, type Server } from 'node:net'
import { expect, it, type TestContext } from 'vitest'
import { begun, type Told } from '../helpers/command-line.js'
import { type Lab, labFor } from '../helpers/lab.js'
import { freePort, loopbackAddress } from '../helpers/loopback.js'

/** Two hosts of the cluster and one that is not in it, and the balancer's port. */
async function balancedLab(test: TestContext): Promise<{ lab: Lab; sourcePort: number }> {
  const lab = await labFor(test, { roles: [['master'], ['compute', 'index'], []] })
  lab.members(0, 1)
  return { lab, sourcePort: await freePort('0.0.0.0') }
}

it('in the cluster, then on a host outside of it: asked through it, seen by status, stopped by down', async (test) => {
  const { lab, sourcePort } = await balancedLab(test)
  const balanceOn = balancing(lab, sourcePort)
  const requestTo = requesting(sourcePort)
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

it('whose port is taken: told before the start where that can be seen, else with its log', async (test) => {
  const { lab, sourcePort } = await balancedLab(test)
  const balanceOn = balancing(lab, sourcePort)
  balanceOn(2)
  const taken = await listen(test, lab.host(2).key, sourcePort)
  const early = await lab.tell('up')
  expect(early.code, early.screen).toBe(1)
  expect(codes(early)).toEqual([[lab.host(2).key, 'port-taken']])
  expect(begun(early, 'assemble')).toEqual([])
  taken.close()

  const elsewhere = loopbackAddress()
  await listen(test, elsewhere, sourcePort)
  balanceOn(2, elsewhere)
  const late = await lab.tell('up', '--timeout-start', '30s')
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

/** Puts the balancer on a host, bound to an address of its own, since other tests have theirs. */
function balancing(lab: Lab, sourcePort: number): (index: number, bind?: string) => void {
  return (index, bind = lab.host(index).key) => {
    const { key, sshd } = lab.host(index)
    lab.inventory({
      balancer: { host: key, sourcePort },
      hosts: { [key]: { port: sshd.port, environment: { TRUENO_STANDIN_BIND: bind } } },
    })
  }
}

function requesting(port: number): (host: string) => Promise<number | undefined> {
  return (host) =>
    new Promise((resolve, reject) => {
      get({ host, port, agent: false }, (response) => resolve(response.resume().statusCode)).on('error', reject)
    })
}

function listen(test: TestContext, address: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    test.onTestFinished(() => void server.close())
    server.once('error', reject)
    server.listen(port, address, () => resolve(server))
  })
}
