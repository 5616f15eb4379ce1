import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ask, takePort } from './ask.js'
import { eventually, kill, listeners, readText } from './processes.js'
import { makeRig, type RigHost } from './rig.js'

const port = 8900

async function configuration(host: RigHost, targets: readonly { host: string; port: number }[], more: object = {}) {
  const file = join(host.home, 'etc/balancer.json')
  await mkdir(join(host.home, 'etc'), { recursive: true })
  await writeFile(file, JSON.stringify({ sourcePort: port, targets, ...more }))
  host.environment.TRUENO_STANDIN_BIND = host.key
  return file
}

/** A target that answers with its own address. */
async function target(address: string): Promise<Server & AsyncDisposable> {
  const server = createServer((_request, response) => response.end(address))
  await new Promise<void>((resolve) => server.listen(8000, address, resolve))
  return server as Server & AsyncDisposable
}

async function body(host: RigHost): Promise<string | undefined> {
  return (await ask(host.key, port))?.body
}

function log(host: RigHost): Promise<string> {
  return readText(join(host.home, 'loadbalancer.out'))
}

describe.concurrent('the balancer', () => {
  it('says where it logs, is back, and forwards one client always to the same target', async () => {
    await using rig = await makeRig({}, {}, {})
    const [host, left, right] = [rig.host(0), rig.host(1), rig.host(2)]
    await using _left = await target(left.key)
    await using _right = await target(right.key)
    const file = await configuration(
      host,
      [left, right].map(({ key }) => ({ host: key, port: 8000 })),
    )
    expect(await host.trueno('balancer', '--start', file)).toEqual({
      code: 0,
      stdout: `\u001b[0;32m[Success]\u001b[0m Started loadbalancer - Logging to ${host.home}/loadbalancer.out\n\n`,
      stderr: '',
    })
    const first = await eventually('an answer', () => body(host))
    expect([left.key, right.key]).toContain(first)
    expect(await Promise.all([body(host), body(host)])).toEqual([first, first])
    expect(await ask(left.key, port)).toBeUndefined()
  })

  it('leaves out a target that is down', async () => {
    await using rig = await makeRig({}, {}, {})
    const [host, up] = [rig.host(0), rig.host(2)]
    await using _up = await target(up.key)
    const targets = [rig.host(1), up].map(({ key }) => ({ host: key, port: 8000 }))
    await host.trueno('balancer', '--start', await configuration(host, [...targets, ...targets]))
    expect(await eventually('an answer', () => body(host))).toBe(up.key)
  })

  it('lists and stops what was started from its HOME', async () => {
    await using rig = await makeRig({})
    const host = rig.host(0)
    expect(await host.trueno('balancer', '--list')).toEqual({ code: 0, stdout: '', stderr: '' })
    await host.trueno('balancer', '--start', await configuration(host, []))
    const listed = await eventually('the list', async () => (await host.trueno('balancer', '--list')).stdout)
    const parent = (await rig.running()).find(({ command }) => command.includes('balancer/index.js --config'))
    expect(listed).toBe(`Index: 0, PID: ${parent?.pid}\n\n`)
    const stopped = { code: 0, stdout: '\u001b[0;32m[Success]\u001b[0m Stopped loadbalancers\n\n', stderr: '' }
    expect(await host.trueno('balancer', '--stop')).toEqual(stopped)
    await eventually('nothing left', async () => (await rig.running()).length === 0)
    expect(await host.trueno('balancer', '--stop')).toEqual(stopped)
  })

  it('is started again when its own process dies, until the parent is terminated', async () => {
    await using rig = await makeRig({})
    const host = rig.host(0)
    await host.trueno('balancer', '--start', await configuration(host, []))
    const process = (name: string) => async () => (await rig.running()).find(({ command }) => command.includes(name))
    const first = await eventually('the balancer', process('balancer/index.js'))
    kill(first.pid)
    await eventually('another one', async () => {
      const second = await process('balancer/index.js')()
      return second !== undefined && second.pid !== first.pid
    })
    expect(await log(host)).toContain('error: Script restart attempt #1\n')
    kill((await process('balancer/monitor.js')())?.pid ?? 0, 'SIGTERM')
    await eventually('nothing left', async () => (await rig.running()).length === 0)
  })

  it.each([
    ['is not there', async (_host: RigHost) => '/nowhere/balancer.json', /ENOENT.*balancer\.json/],
    ['is broken', async (host: RigHost) => broken(host), /SyntaxError/],
  ])('says Success when its configuration %s, then fails again and again', async (_what, prepare, trace) => {
    await using rig = await makeRig({})
    const host = rig.host(0)
    const { code, stdout } = await host.trueno('balancer', '--start', await prepare(host))
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('[Success]') })
    await eventually('more attempts', async () => (await log(host)).includes('error: Script restart attempt #2'))
    expect(await log(host)).toMatch(trace)
  })

  it('says Success when its port is taken, and fails likewise', async () => {
    await using rig = await makeRig({})
    const host = rig.host(0)
    await using _thief = await takePort(host.key, port)
    const file = await configuration(host, [])
    expect((await host.trueno('balancer', '--start', file)).code).toBe(0)
    await eventually('an attempt', async () => (await log(host)).includes('error: Script restart attempt #1'))
    expect(await log(host)).toContain('EADDRINUSE')
  })

  it('listens where the configuration says, before what the environment says', async () => {
    await using rig = await makeRig({}, {})
    const host = rig.host(0)
    const file = await configuration(host, [], { bind: rig.host(1).key })
    await host.trueno('balancer', '--start', file)
    await eventually('its port', async () => (await listeners(process.pid)).includes(`${rig.host(1).key}:${port}`))
    expect(await listeners(process.pid)).not.toContain(`${host.key}:${port}`)
  })

  it('never listens, or dies, by the knobs that lie beside its configuration', async () => {
    await using rig = await makeRig({})
    const host = rig.host(0)
    const file = await configuration(host, [])
    await writeFile(join(host.home, 'etc/standin.json'), '{"balancer":{"neverListens":true,"crashAfterMs":50}}')
    await host.trueno('balancer', '--start', file)
    await eventually('its death', async () => (await log(host)).includes('script exited with code: 1'))
    expect(await listeners(process.pid)).not.toContain(`${host.key}:${port}`)
  })

  it('writes a template, and asks for an option when it gets none', async () => {
    await using rig = await makeRig({})
    const host = rig.host(0)
    const generated = await host.trueno('balancer', '--generate', host.data)
    expect(generated.stdout).toBe(`Configuration template saved to ${host.data}/balancerConfig.json\n`)
    expect(JSON.parse(await readFile(join(host.data, 'balancerConfig.json'), 'utf8'))).toMatchObject({
      sourcePort: 8000,
    })
    expect(await host.trueno('balancer')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Error: You must choose one option'),
    })
  })
})

async function broken(host: RigHost): Promise<string> {
  const file = join(host.home, 'balancer.json')
  await writeFile(file, '{"sourcePort": 1,')
  return file
}
