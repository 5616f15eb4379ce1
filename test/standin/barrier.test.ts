import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ask, takePort } from './ask.js'
import { eventually } from './processes.js'
import { bare, makeRig, type RigHost } from './rig.js'

const awaiting = '>> CLUSTER: Awaiting for cluster hosts ready signal'
const external = 'External API awaiting for connections at'

async function startCoordinator(host: RigHost, ...more: readonly string[]): Promise<void> {
  await host.start(...more)
  await eventually('the coordinator awaits', async () => (await host.core()).includes(awaiting))
}

function logged(host: RigHost, text: string, stream: 'out' | 'error' = 'out') {
  return eventually(`${host.key}: ${text}`, async () => (await host.core(stream)).includes(text))
}

async function counts(host: RigHost): Promise<readonly string[]> {
  return bare(await host.core()).filter((line) => line.startsWith('>> CLUSTER('))
}

describe.concurrent('the barrier', () => {
  it('counts a host that is dead by now, and passes without it', async () => {
    await using rig = await makeRig({ master: true }, { index: true }, {})
    const [coordinator, dying, last] = [rig.host(0), rig.host(1), rig.host(2)]
    await dying.knobs({ core: { dieAfterSignal: 'stop' } })
    await startCoordinator(coordinator)
    await dying.start()
    await eventually('its end', async () => !(await rig.running()).some(({ command }) => command.includes(dying.pm2)))
    await last.start()
    await logged(coordinator, `>> CLUSTER(2/2): Host '${last.key}'`)
    await logged(coordinator, 'Internal API awaiting for connections at')
    expect(await counts(coordinator)).toHaveLength(2)
    expect(await ask(dying.key, 8000, '/', 500)).toBeUndefined()
  })

  it('counts a host that hangs after its signal, and one that comes back twice only once', async () => {
    await using rig = await makeRig({ master: true }, {}, {})
    const [coordinator, hanging, looping] = [rig.host(0), rig.host(1), rig.host(2)]
    await hanging.knobs({ core: { dieAfterSignal: 'hang' } })
    await looping.knobs({ core: { dieAfterSignal: 'exit', minLifeMs: 300 } })
    await startCoordinator(coordinator)
    await looping.start()
    await eventually('two signals of one host', async () => (await counts(coordinator)).length >= 2)
    expect(new Set(await counts(coordinator))).toEqual(
      new Set([`>> CLUSTER(1/2): Host '${looping.key}' ready signal received.`]),
    )
    await hanging.start()
    await logged(coordinator, `>> CLUSTER(2/2): Host '${hanging.key}'`)
    expect(await hanging.core()).not.toContain('Master proceed signal')
  })

  it('waits for ever when a host does not report, and when the coordinator keeps the release to itself', async () => {
    await using rig = await makeRig({ master: true }, {})
    const [coordinator, worker] = [rig.host(0), rig.host(1)]
    await coordinator.knobs({ core: { stallBarrier: true } })
    await startCoordinator(coordinator)
    await worker.start()
    await logged(coordinator, `>> CLUSTER(1/1): Host '${worker.key}'`)
    expect(await coordinator.core()).not.toContain('Internal API')
    expect(await worker.core()).not.toContain('Master proceed signal')
  })

  it('overshoots when a host of another cluster reports, and then never passes', async () => {
    await using rig = await makeRig({ master: true }, {}, {}, {})
    const [coordinator, first, stranger] = [rig.host(0), rig.host(1), rig.host(2)]
    const file = join(rig.directory, 'smaller.json')
    const cluster = { [coordinator.key]: { master: true }, [first.key]: {}, [rig.host(3).key]: {} }
    await writeFile(file, JSON.stringify(cluster))
    await coordinator.trueno(...coordinator.startArguments(file), '--forever')
    await logged(coordinator, awaiting)
    await stranger.start()
    await logged(coordinator, `>> CLUSTER(1/2): Host '${stranger.key}'`)
    await first.trueno(...first.startArguments(file), '--forever')
    await logged(coordinator, 'CLUSTER(2/2)')
    await rig.host(3).start()
    await logged(coordinator, `>> CLUSTER(3/2): Host '${rig.host(3).key}'`)
    expect(await rig.host(3).core()).not.toContain('Master proceed signal')
  })

  it('crashes a host without compute that is started before the coordinator, again and again, until that is up', async () => {
    await using rig = await makeRig({ master: true }, {})
    const [coordinator, early] = [rig.host(0), rig.host(1)]
    await early.start()
    await logged(early, `error: uncaughtException: connect ECONNREFUSED ${coordinator.key}:8002`.slice(7), 'error')
    expect(bare(await early.core())).toContain(`>> CLUSTER: Connecting to master: ${coordinator.key}`)
    await eventually('another try', async () => ((await early.apps())['Trueno-Core']?.restarts ?? 0) >= 2)
    await startCoordinator(coordinator)
    await logged(early, 'Master proceed signal received')
  })

  it('lets a compute host that is started first wait for the master of Spark, and go on by itself', async () => {
    await using rig = await makeRig({ master: true }, { compute: true })
    const [coordinator, early] = [rig.host(0), rig.host(1)]
    await early.knobs({ sparkWorker: { retryMs: 100 } })
    await early.start()
    await eventually('a retry', async () =>
      (await early.log('spark', 'err')).includes('Retrying connection to master (attempt # 2)'),
    )
    expect(await early.log('spark', 'err')).toContain(
      `WARN Worker: Failed to connect to master ${coordinator.key}:8005`,
    )
    await startCoordinator(coordinator)
    await logged(early, 'Master proceed signal received')
  })
})

describe.concurrent('the external API', () => {
  it('opens its port but never says so when no Elasticsearch answers', async () => {
    await using rig = await makeRig({ master: true }, {})
    await startCoordinator(rig.host(0))
    await rig.host(1).start()
    for (const host of rig.hosts) {
      await logged(host, 'Cluster status collected.')
      const errors = bare(await host.core('error'))
      expect(errors.slice(0, 5)).toEqual([
        expect.stringMatching(/^Elasticsearch WARNING: \d{4}-.*Z$/),
        '  No Living connections',
        '',
        'Error while initializing External API. ',
        'message: No Living connections',
      ])
      expect(errors).toContain('    Error: No Living connections')
      expect(await host.core()).not.toMatch(/External API awaiting|PM2-UI/)
      expect((await ask(host.key, 8000))?.status).toBe(200)
      expect(await ask(host.key, 8088)).toBeUndefined()
    }
  })

  it('fails so on one host by knob, while the others are ready', async () => {
    await using rig = await makeRig({ master: true }, { index: true })
    await rig.host(1).knobs({ core: { failEsPing: true } })
    await startCoordinator(rig.host(0))
    await rig.host(1).start()
    await logged(rig.host(0), `${external}: ${rig.host(0).key}:8000`)
    await logged(rig.host(1), 'No Living connections', 'error')
  })
})

describe.concurrent('a port of core that is taken', () => {
  it('is an uncaught exception after the line that says awaiting, exit 1, and the components stay', async () => {
    await using rig = await makeRig({ master: true }, {})
    const host = rig.host(0)
    await using _thief = await takePort(host.key, 8001)
    const { code, stdout, stderr } = await host.trueno(...host.startArguments())
    expect(code).toBe(1)
    expect(stdout).toContain(awaiting)
    expect(bare(stderr)[0]).toBe('uncaughtException: listen EADDRINUSE :::8001 ')
    const apps = await host.apps()
    expect(Object.keys(apps).filter((name) => apps[name]?.status === 'online')).toEqual(Object.keys(apps))
    expect(Object.keys(apps)).toHaveLength(3)
  })

  it('makes pm2 try again and again', async () => {
    await using rig = await makeRig({ master: true }, {})
    const host = rig.host(0)
    await using _thief = await takePort(host.key, 8001)
    await host.start()
    await eventually('a restart', async () => ((await host.apps())['Trueno-Core']?.restarts ?? 0) > 0)
    expect(await host.core('error')).toContain('uncaughtException: listen EADDRINUSE :::8001')
    expect(await host.pm2Log()).toMatch(
      /App \[Trueno-Core\] with id \[0\] and pid \[\d+\], exited with code \[1\] via signal \[SIGINT\]/,
    )
  })

  it('is what -p does by itself, since it sets both ports', async () => {
    await using rig = await makeRig({ master: true })
    const host = rig.host(0)
    const { code, stdout, stderr } = await host.trueno('start', '-h', host.key, '--dir', host.data, '-p', '7999')
    expect(code).toBe(1)
    expect(bare(stdout)).toContain(`Internal API awaiting for connections at: ${host.key}:7999`)
    expect(bare(stderr)[0]).toBe('uncaughtException: listen EADDRINUSE :::7999 ')
  })
})
