import { describe, expect, it } from 'vitest'
import { eventually, kill } from './processes.js'
import { makeRig, type Rig, type RigHost } from './rig.js'

async function gremlinOf(host: RigHost) {
  return (await host.apps())['Gremlin-Server']
}

async function daemonOf(rig: Rig) {
  return (await rig.running()).find(({ command }) => command.includes('God Daemon'))
}

describe.concurrent('a component that crashes', () => {
  it('quickly is given up after 16 exits; core tells each, and waits for ever', async () => {
    await using rig = await makeRig({ master: true }, {})
    const host = rig.host(0)
    await host.knobs({ gremlin: { crashAfterMs: 50, crashCode: 3 } })
    await host.start()
    await eventually('the end of patience', async () => (await gremlinOf(host))?.status === 'errored')
    // On a busy machine one may take longer than the second that pm2 calls unstable, and is not counted.
    const { restarts } = (await gremlinOf(host)) ?? { restarts: 0 }
    expect(restarts).toBeGreaterThanOrEqual(15)
    expect(await gremlinOf(host)).toEqual({ pid: 0, status: 'errored', restarts })
    const exits = restarts + 1
    const log = await host.pm2Log()
    expect(
      log.match(/App \[Gremlin-Server\] with id \[1\] and pid \[\d+\], exited with code \[3\] via signal \[SIGINT\]/g),
    ).toHaveLength(exits)
    expect(log).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d: Script \/.*\/gremlin-server\.sh had too many unstable restarts \(16\)\. Stopped\. "errored"$/m,
    )
    expect(log.match(/Starting execution sequence in -fork mode- for app name:Gremlin-Server id:1/g)).toHaveLength(
      exits,
    )
    expect((await host.core()).match(/⚠️ Gremlin-Server exited!/g)).toHaveLength(exits)
    expect(await host.core()).not.toContain('All components started')
  })

  it('after more than a second is restarted for ever, and stays online for pm2', async () => {
    await using rig = await makeRig({ master: true }, {})
    const host = rig.host(0)
    await host.knobs({ gremlin: { neverReady: true, crashAfterMs: 1100, errLines: ['some reason'] } })
    await host.start()
    await eventually('two restarts', async () => ((await gremlinOf(host))?.restarts ?? 0) >= 2)
    expect(await gremlinOf(host)).toMatchObject({ status: 'online' })
    expect(await host.log('gremlin_server', 'err')).toMatch(/^(some reason\n){2,}$/)
  })

  it('only so many times comes up in the end', async () => {
    await using rig = await makeRig({ master: true }, {})
    const host = rig.host(0)
    await host.knobs({ gremlin: { crashAfterMs: 20, crashTimes: 3 } })
    await host.start()
    await eventually('the coordinator awaits', async () => (await host.core()).includes('>> CLUSTER: Awaiting'))
    expect(await gremlinOf(host)).toMatchObject({ status: 'online', restarts: 3 })
  })

  it('some time after it was ready is restarted without a word of core', async () => {
    await using rig = await makeRig({ master: true }, {})
    const host = rig.host(0)
    await host.knobs({ cerebro: { dieAfterReadyMs: 1200, crashTimes: 1 } })
    await host.start()
    await eventually('the coordinator awaits', async () => (await host.core()).includes('>> CLUSTER: Awaiting'))
    await eventually('a restart', async () => (await host.apps()).Cerebro?.restarts)
    expect(await host.core()).not.toContain('exited!')
  })
})

describe.concurrent("pm2's daemon", () => {
  it('leaves orphans when it is killed, which stop does not find', async () => {
    await using rig = await makeRig({ master: true }, {})
    const host = rig.host(0)
    await host.start()
    await eventually('the coordinator awaits', async () => (await host.core()).includes('>> CLUSTER: Awaiting'))
    kill((await daemonOf(rig))?.pid ?? 0)
    await eventually('its death', async () => (await daemonOf(rig)) === undefined)
    expect((await host.trueno('stop')).stdout).toContain('[PM2][WARN] No process found')
    const left = (await rig.running()).map(({ environment }) => environment.name)
    expect(left).toEqual(expect.arrayContaining(['Gremlin-Server', 'Spark-Master', 'Cerebro']))
  })

  it('dies by knob', async () => {
    await using rig = await makeRig({ master: true }, {})
    await rig.host(0).knobs({ godDiesAfterMs: 400 })
    await rig.host(0).start()
    await eventually('its death', async () => (await daemonOf(rig)) === undefined)
  })

  it('ends its applications when it is terminated', async () => {
    await using rig = await makeRig({ master: true }, {})
    const host = rig.host(0)
    await host.start()
    await eventually('the coordinator awaits', async () => (await host.core()).includes('>> CLUSTER: Awaiting'))
    kill((await daemonOf(rig))?.pid ?? 0, 'SIGTERM')
    await eventually('nothing left', async () => (await rig.running()).length === 0)
    expect(await host.pm2Log()).toContain('[PM2] Exited peacefully')
  })

  it('gives what ignores SIGINT the time that PM2_KILL_TIMEOUT of its start says', async () => {
    await using rig = await makeRig({ master: true }, {})
    const host = rig.host(0)
    host.environment.PM2_KILL_TIMEOUT = '700'
    await host.start()
    await eventually('the coordinator awaits', async () => (await host.core()).includes('>> CLUSTER: Awaiting'))
    host.environment.PM2_KILL_TIMEOUT = '100'
    await host.trueno('stop')
    expect(await host.pm2Log()).toMatch(/Process with pid \d+ still alive after 700ms, sending it SIGKILL now\.\.\./)
  })
})
