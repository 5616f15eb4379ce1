import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, askJson } from './ask.js'
import { eventually, kill } from './processes.js'
import { bare, makeRig, type Rig, type RigHost } from './rig.js'

const externalApi = 'External API awaiting for connections at'

describe('a cluster of a coordinator, a compute host and two index hosts', () => {
  let rig: Rig
  let coordinator: RigHost
  let compute: RigHost
  let left: RigHost
  let right: RigHost

  beforeAll(async () => {
    rig = await makeRig(
      { master: true, compute: true },
      { compute: true, backend: true },
      { compute: true, index: true },
      { index: true },
    )
    coordinator = rig.host(0)
    compute = rig.host(1)
    left = rig.host(2)
    right = rig.host(3)
    // Roles that a host has not are placeholders on it, as a deployment leaves them.
    await writeFile(join(coordinator.release, 'lib/core/binaries/elasticsearch/bin/elasticsearch'), '')
    for (const host of rig.hosts) Object.assign(host.environment, { MARKER: host.key, ES_JAVA_OPTS: '-Xms64m -Xmx64m' })
    await coordinator.start()
    await eventually('the coordinator awaits', async () => (await coordinator.core()).includes('>> CLUSTER: Awaiting'))
    await Promise.all([compute, left, right].map((host) => host.start()))
    await Promise.all(
      rig.hosts.map((host) => eventually('readiness', async () => (await host.core()).includes('PM2-UI'))),
    )
  })
  afterAll(() => rig[Symbol.asyncDispose]())

  it('is started by commands that say nothing and are back at once', async () => {
    expect(await coordinator.core('error')).toBe('')
    expect(await coordinator.pm2Log()).toContain('App name:Trueno-Core id:0 online')
  })

  it('logs on the coordinator what Trueno logs there, in its order', async () => {
    const lines = bare(await coordinator.core())
    const order = [
      'Sanity check done, all components present.',
      'Executing Trueno Components...',
      '🔌 SubProcess bus connected',
      'All components started',
      'Starting database...',
      '>> CLUSTER: Awaiting for cluster hosts ready signal',
      `Internal API awaiting for connections at: ${coordinator.key}:8001`,
      `ElasticSeach engine connected at: ${JSON.stringify([left, right].map(({ key }) => ({ port: 8004, host: key })))}`,
      `${externalApi}: ${coordinator.key}:8000`,
      'Cluster status collected.  ',
    ]
    expect(lines.filter((line) => order.includes(line))).toEqual(order)
    const started = (name: string) => [`⏳ ${name} starting...`, `✅ ${name} successfully started!`]
    expect(lines).toEqual(expect.arrayContaining(['Gremlin Server', 'Spark Master', 'Cerebro'].flatMap(started)))
    expect(lines.join()).not.toMatch(/Spark Worker|Elasticsearch/)
    expect((await coordinator.core()).split('\n')[0]).toMatch(
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with ESC
      /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [ap]m\] - \u001b\[32minfo\u001b\[39m: Sanity check done, all components present\.$/,
    )
  })

  it('counts the ready signals of the others', async () => {
    const counts = bare(await coordinator.core()).filter((line) => line.startsWith('>> CLUSTER('))
    const signal = />> CLUSTER\((\d)\/3\): Host '(.*)' ready signal received\./
    const matches = counts.map((line) => signal.exec(line))
    expect(matches.map((match) => match?.[1])).toEqual(['1', '2', '3'])
    expect(matches.map((match) => match?.[2]).sort()).toEqual([compute, left, right].map(({ key }) => key).sort())
  })

  it('logs on another host how it joins', async () => {
    const lines = bare(await left.core())
    const order = [
      'Starting database...',
      `>> CLUSTER: Connecting to master: ${coordinator.key}`,
      '>> CLUSTER: Sending ready signal to master',
      '>> CLUSTER: Master proceed signal received...',
      `Internal API awaiting for connections at: ${left.key}:8001`,
      `${externalApi}: ${left.key}:8000`,
    ]
    expect(lines.filter((line) => order.includes(line))).toEqual(order)
    expect(lines).toContain('⏳ Elasticsearch -> next -> Trueno ElasticSearch Bridge Server')
    expect(lines).toContain('✅ Trueno ElasticSearch Bridge Server successfully started!')
  })

  it('runs on each host what its roles ask for', async () => {
    const names = async (host: RigHost) => Object.keys(await host.apps()).sort()
    const everywhere = ['Cerebro', 'Gremlin-Server', 'Trueno-Core']
    const index = ['Elasticsearch', 'Trueno-ElasticSearch-Bridge-Server']
    expect(await names(coordinator)).toEqual([...everywhere, 'Spark-Master'].sort())
    expect(await names(compute)).toEqual([...everywhere, 'Spark-Worker'].sort())
    expect(await names(left)).toEqual([...everywhere, ...index, 'Spark-Worker'].sort())
    expect(await names(right)).toEqual([...everywhere, ...index].sort())
  })

  it('answers on all ports of a host, on its own address only', async () => {
    const ports = { 8000: 200, 8001: 404, 8008: 200, 8088: 500 }
    for (const [port, status] of Object.entries(ports)) {
      expect([port, (await ask(compute.key, Number(port)))?.status]).toEqual([port, status])
    }
    expect((await ask(right.key, 8000))?.headers['x-trueno-host']).toBe(right.key)
  })

  it('forms one Elasticsearch cluster of the index hosts, green', async () => {
    const path = '/_cluster/health?wait_for_nodes=2&timeout=5s'
    expect(await askJson(right.key, 8004, path)).toMatchObject({
      status: 'green',
      number_of_nodes: 2,
      timed_out: false,
    })
    const uuids = await Promise.all([left, right].map(async ({ key }) => (await askJson(key, 8004, '/'))?.cluster_uuid))
    expect(uuids[0]).toEqual(uuids[1])
  })

  it('lists the compute hosts as workers of the coordinator', async () => {
    const state = (await askJson(coordinator.key, 8006, '/json/')) as {
      url: string
      workers: { host: string; state: string }[]
    }
    expect(state.url).toBe(`spark://${coordinator.key}:8005`)
    expect(state.workers.map(({ host, state: alive }) => [host, alive]).sort()).toEqual(
      [compute, left].map(({ key }) => [key, 'ALIVE']).sort(),
    )
  })

  it('hands the environment of the start to everything, and pm2 adds its own', async () => {
    const mine = (await rig.running()).filter(({ environment }) => environment.MARKER === left.key)
    const names = mine.map(({ environment: { name, pm_id, restart_time } }) => [name, pm_id, restart_time])
    expect(names.filter(([name]) => name === undefined)).toEqual([[undefined, undefined, undefined]])
    expect(names.filter(([name]) => name === 'Trueno-Core')).toEqual([['Trueno-Core', '0', '0']])
    expect(mine.find(({ environment }) => environment.name === undefined)?.command).toMatch(/^PM2 v2\.6\.1: God Daemon/)
    const info = (await askJson(left.key, 8004, '/_nodes')) as { nodes: Record<string, { jvm: { mem: object } }> }
    expect(Object.values(info.nodes)[0]?.jvm.mem).toEqual({ heap_max_in_bytes: 64 * 1024 * 1024 })
  })

  it('keeps the environment, and counts, when pm2 restarts what died; core says nothing', async () => {
    const before = (await compute.core()).length
    kill((await compute.apps())['Spark-Worker']?.pid ?? 0)
    const app = await eventually('a restart', async () => (await compute.apps())['Spark-Worker']?.restarts === 1)
    expect(app).toBe(true)
    const worker = await eventually('the new worker', async () =>
      (await rig.running()).find(({ environment: e }) => e.name === 'Spark-Worker' && e.restart_time === '1'),
    )
    expect(worker.environment.MARKER).toBe(compute.key)
    await eventually('both workers alive', async () => {
      const state = (await askJson(coordinator.key, 8006, '/json/')) as { workers: { state: string }[] }
      return (
        state.workers
          .map(({ state: alive }) => alive)
          .sort()
          .join() === 'ALIVE,ALIVE,DEAD'
      )
    })
    expect(bare((await compute.core()).slice(before))).toEqual(['✅ Spark Worker successfully started!', ''])
  })

  it('is yellow with one node when an Elasticsearch stops for good, under the name it had', async () => {
    const uuid = (await askJson(right.key, 8004, '/'))?.cluster_uuid
    await left.trueno('stop')
    const health = await eventually('one node', async () => {
      const answer = await askJson(right.key, 8004, '/_cluster/health')
      return answer?.number_of_nodes === 1 ? answer : undefined
    })
    expect(health).toMatchObject({ status: 'yellow', active_shards_percent_as_number: 50 })
    expect((await askJson(right.key, 8004, '/'))?.cluster_uuid).toBe(uuid)
  })

  it('is rejoined by a host that starts again', async () => {
    await left.start()
    await eventually(
      'two nodes',
      async () => (await askJson(right.key, 8004, '/_cluster/health'))?.number_of_nodes === 2,
    )
    await eventually(
      'the signal',
      async () => (await coordinator.core()).split(`Host '${left.key}' ready signal`).length > 2,
    )
    const counts = bare(await coordinator.core()).filter((line) => line.includes(`'${left.key}' ready signal`))
    expect(counts.at(-1)).toBe(`>> CLUSTER(3/3): Host '${left.key}' ready signal received.`)
  })

  it('leaves workers that reconnect by themselves when the coordinator starts again', async () => {
    await coordinator.trueno('stop')
    await eventually('the loss', async () =>
      (await compute.core('error')).includes('>> CLUSTER: Disconnected from master'),
    )
    expect((await ask(compute.key, 8000))?.status).toBe(200)
    await coordinator.start()
    await eventually('all reported again', async () => (await coordinator.core()).split('>> CLUSTER(3/3)').length > 3)
    await eventually('readiness again', async () => (await coordinator.core()).split(externalApi).length > 2)
    expect(bare(await compute.core()).filter((line) => line.includes('Sending ready signal'))).toHaveLength(2)
  })

  it('is stopped by stop: all that its PM2_HOME runs, core by SIGKILL', async () => {
    const foreign = join(rig.directory, 'foreign.js')
    await writeFile(foreign, 'setInterval(() => {}, 1000)')
    await compute.execute([join(compute.release, 'lib/pm2/bin/pm2'), 'start', foreign, '--name', 'foreign'])
    expect(Object.keys(await compute.apps())).toContain('foreign')
    const stopped = await Promise.all(rig.hosts.map((host) => host.trueno('stop')))
    expect(stopped.map(({ code }) => code)).toEqual([0, 0, 0, 0])
    expect(stopped[1]?.stdout.trim().split('\n').slice(-2)).toEqual([
      '[PM2] All processes have been stopped and deleted',
      '[PM2] PM2 stopped',
    ])
    expect(await rig.running()).toEqual([])
    expect(await compute.pm2Log()).toMatch(
      /App \[Trueno-Core\] with id \[0\] and pid \[\d+\], exited with code \[0\] via signal \[SIGKILL\]/,
    )
    expect(await ask(compute.key, 8000)).toBeUndefined()
  })
})
