import { execFileSync } from 'node:child_process'
import { readdir, rm, truncate } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ask } from './ask.js'
import { eventually, kill, listeners } from './processes.js'
import { bare, makeRig, type RigHost } from './rig.js'

const upgrade = 'GET / HTTP/1.1\r\nHost: any\r\nConnection: Upgrade\r\nUpgrade: trueno-barrier\r\n\r\n'
const awaiting = '>> CLUSTER: Awaiting for cluster hosts ready signal'

function logged(host: RigHost, text: string) {
  return eventually(`${host.key}: ${text}`, async () => (await host.core()).includes(text))
}

async function emptyCoreLog(host: RigHost): Promise<void> {
  await truncate(join(host.pm2, 'logs/Trueno-Core-out-0.log'))
}

describe.concurrent('component logs of an earlier start', () => {
  it('make a component that never starts "successfully started" at once', async () => {
    await using rig = await makeRig({ master: true }, {})
    const host = rig.host(0)
    await host.start()
    await logged(host, awaiting)
    await host.trueno('stop')
    await emptyCoreLog(host)
    await host.knobs({ gremlin: { neverReady: true } })
    await host.start()
    await logged(host, awaiting)
    expect(bare(await host.core())).toContain('✅ Gremlin Server successfully started!')
    expect(await ask(host.key, 8002, '/gremlin')).toBeUndefined()
  })

  it('do no harm once they are moved away: then core waits without end', async () => {
    await using rig = await makeRig({ master: true }, {})
    const host = rig.host(0)
    await host.start()
    await logged(host, awaiting)
    await host.trueno('stop')
    await emptyCoreLog(host)
    for (const name of await readdir(join(host.data, 'logs'))) await rm(join(host.data, 'logs', name))
    await host.knobs({ gremlin: { neverReady: true } })
    await host.start()
    await logged(host, '✅ Cerebro successfully started!')
    await logged(host, '✅ Spark Master successfully started!')
    expect(await host.core()).not.toMatch(/✅ Gremlin|All components started/)
  })
})

describe.concurrent('a second start', () => {
  it('restarts core and then every component in place', async () => {
    await using rig = await makeRig({ master: true }, {})
    const host = rig.host(0)
    await host.start()
    await logged(host, awaiting)
    const before = await host.apps()
    expect(await host.start()).toEqual({ code: 0, stdout: '', stderr: '' })
    await eventually('all of them restarted', async () =>
      Object.values(await host.apps()).every(({ restarts }) => restarts === 1),
    )
    const after = await host.apps()
    expect(Object.keys(after)).toEqual(Object.keys(before))
    expect(Object.keys(after).filter((name) => after[name]?.pid === before[name]?.pid)).toEqual([])
  })

  it('is what a killed core gets from pm2', async () => {
    await using rig = await makeRig({ master: true }, {})
    const host = rig.host(0)
    await host.start()
    await logged(host, awaiting)
    kill((await host.apps())['Trueno-Core']?.pid ?? 0)
    await eventually('restarts', async () => Object.values(await host.apps()).every(({ restarts }) => restarts === 1))
    expect(await host.pm2Log()).toMatch(/App \[Trueno-Core\] .* via signal \[SIGKILL\]/)
  })
})

describe.concurrent('a start in the foreground', () => {
  it('ends everything on SIGINT, and exits 0', async () => {
    await using rig = await makeRig({ master: true }, {})
    const host = rig.host(0)
    const { child, printed } = host.command(...host.startArguments())
    await eventually('the coordinator awaits', () => printed.out.includes(awaiting))
    child.kill('SIGINT')
    await eventually('its end', () => printed.code !== undefined)
    expect(printed.code).toBe(0)
    expect(bare(printed.out).slice(-5)).toEqual([
      'Database exiting sequence initiated, cause: SIGINT',
      'Connected to process manager',
      'All processes terminated, exiting',
      'Database exiting sequence initiated, cause: exit',
      '',
    ])
    expect(await rig.running()).toEqual([])
  })

  it('leaves everything behind on SIGTERM', async () => {
    await using rig = await makeRig({ master: true }, {})
    const host = rig.host(0)
    const { child, printed } = host.command(...host.startArguments())
    await eventually('the coordinator awaits', () => printed.out.includes(awaiting))
    child.kill('SIGTERM')
    await eventually('its end', () => printed.code !== undefined)
    expect(printed.code).toBe(0)
    expect((await host.apps())['Gremlin-Server']).toMatchObject({ status: 'online' })
  })
})

describe.concurrent('a start in the foreground whose output nobody reads any more', () => {
  it('is a time bomb: the next line that core logs ends it, and the components stay', async () => {
    await using rig = await makeRig({ master: true }, {})
    const host = rig.host(0)
    const { child, printed } = host.command(...host.startArguments())
    await eventually('the coordinator awaits', () => printed.out.includes(awaiting))
    child.stdout?.destroy()
    await eventually('its end', () => {
      // It may not listen yet.
      const socket = connect(8001, host.key, () => socket.end(upgrade))
      socket.on('error', () => {})
      return printed.code !== undefined
    })
    expect(printed.code).toBe(1)
    expect((await host.apps())['Gremlin-Server']).toMatchObject({ status: 'online' })
  })
})

describe.concurrent('a --dir that is not absolute', () => {
  it('is taken from the working directory by core, and from its own directory by each component', async () => {
    await using rig = await makeRig({ master: true }, {})
    const host = rig.host(0)
    const cluster = join(rig.directory, 'cluster.json')
    await host.trueno('start', '-h', host.key, '--cluster', cluster, '--dir', 'somewhere', '--forever')
    await logged(host, awaiting)
    expect((await readdir(join(host.home, 'somewhere'))).sort()).toEqual(['elasticsearch', 'spark'])
    const gremlin = join(host.release, 'lib/core/binaries/gremlin_server')
    expect(await readdir(join(gremlin, 'somewhere/logs'))).toContain('gremlin_server-out-1.log')
  })
})

describe.concurrent('a core that hangs', () => {
  it('prints nothing at all', async () => {
    await using rig = await makeRig({ master: true }, {})
    const host = rig.host(0)
    await host.knobs({ core: { hang: true } })
    await host.start()
    expect((await host.apps())['Trueno-Core']).toMatchObject({ status: 'online' })
    expect(await host.core()).toBe('')
  })
})

describe.concurrent('tools', () => {
  it('show the processes, empty the logs, clear the data of the package but not that of --dir', async () => {
    await using rig = await makeRig({ master: true }, {})
    const host = rig.host(0)
    await host.start()
    await logged(host, awaiting)
    expect((await host.trueno('tools', '--status')).stdout).toMatch(/Gremlin-Server .* online/)
    expect(await host.trueno('tools', '--flush')).toEqual({ code: 0, stdout: '', stderr: '' })
    expect([await host.core(), await host.pm2Log(), await host.log('gremlin_server', 'out')]).toEqual(['', '', ''])
    await host.trueno('tools', '--clear')
    expect(await readdir(join(host.release, 'lib/core/data'))).toEqual([])
    expect(await readdir(host.data)).toContain('logs')
  })
})

const canIsolate = (() => {
  try {
    execFileSync('unshare', ['-rn', 'ip', 'link', 'set', 'lo', 'up'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

describe.concurrent('with the knob bind set to all', () => {
  it.skipIf(!canIsolate)('core, Spark and Cerebro listen on every address, as Trueno does', async () => {
    await using rig = await makeRig({ master: true }, {})
    const host = rig.host(0)
    await host.knobs({ bind: 'all' })
    const { printed } = host.isolated(...host.startArguments())
    await eventually('the coordinator awaits', () => printed.out.includes(awaiting))
    const core = (await rig.running()).find(({ command }) => command.includes('trueno.js start'))
    expect(await listeners(core?.pid ?? 0)).toEqual(
      expect.arrayContaining(['*:8001', '*:8006', '*:8008', `${host.key}:8002`, `${host.key}:8005`]),
    )
  })
})
