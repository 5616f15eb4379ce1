import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ask, askJson, takePort } from './ask.js'
import { eventually, type Started } from './processes.js'
import { makeRig, type Rig, type RigHost } from './rig.js'

/** Starts the launcher with the configuration that core writes. */
async function elasticsearch(rig: Rig, host: RigHost, knobs: object = {}): Promise<Started> {
  await host.knobs({ elasticsearch: { readyAfterMs: 0, ...knobs } })
  const settings = [
    'cluster.name: trueno',
    'http.port: 8004',
    `network.host: ${host.key}`,
    'transport.tcp.port: 9300',
    'discovery.zen.ping.unicast.hosts:',
    ...rig.hosts.map(({ key }) => `    - ${key}`),
    `path.data: ${host.data}/elasticsearch`,
  ]
  await writeFile(join(host.release, 'lib/core/binaries/elasticsearch/config/elasticsearch.yml'), settings.join('\n'))
  return host.engine('elasticsearch', 'bin/elasticsearch')
}

function isReady({ printed }: Started): Promise<true> {
  return eventually('Elasticsearch', () => printed.out.includes('] started')) as Promise<true>
}

function health(host: RigHost, query = '') {
  return askJson(host.key, 8004, `/_cluster/health${query}`)
}

function nodesAre(host: RigHost, count: number) {
  return eventually(`${count} nodes`, async () => (await health(host))?.number_of_nodes === count)
}

describe.concurrent('an Elasticsearch alone', () => {
  it('answers as 5.3.2 does, without a product header, and is yellow', async () => {
    await using rig = await makeRig({ index: true })
    const host = rig.host(0)
    const started = await elasticsearch(rig, host)
    await isReady(started)
    expect(started.printed.out).toMatch(
      /^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{3}\]\[INFO \]\[o\.e\.n\.Node {15}\] \[.+\] started\n$/,
    )
    const root = await ask(host.key, 8004)
    expect(root?.headers['content-type']).toBe('application/json; charset=UTF-8')
    expect(root?.headers['x-elastic-product']).toBeUndefined()
    expect(JSON.parse(root?.body ?? '')).toMatchObject({ cluster_name: 'trueno', version: { number: '5.3.2' } })
    expect(await health(host)).toEqual({
      cluster_name: 'trueno',
      status: 'yellow',
      timed_out: false,
      number_of_nodes: 1,
      number_of_data_nodes: 1,
      active_primary_shards: 1,
      active_shards: 1,
      relocating_shards: 0,
      initializing_shards: 0,
      unassigned_shards: 1,
      delayed_unassigned_shards: 0,
      number_of_pending_tasks: 0,
      number_of_in_flight_fetch: 0,
      task_max_waiting_in_queue_millis: 0,
      active_shards_percent_as_number: 50,
    })
  })

  it('answers 408 when what is waited for does not come in its time', async () => {
    await using rig = await makeRig({ index: true })
    const host = rig.host(0)
    await isReady(await elasticsearch(rig, host))
    for (const query of ['wait_for_nodes=3', 'wait_for_nodes=>=2', 'wait_for_nodes=gt(1)', 'wait_for_status=green']) {
      const answer = await ask(host.key, 8004, `/_cluster/health?${query}&timeout=50ms`)
      expect([query, answer?.status]).toEqual([query, 408])
      expect(JSON.parse(answer?.body ?? '')).toMatchObject({ timed_out: true, status: 'yellow' })
    }
    expect(await health(host, '?wait_for_nodes=1&wait_for_status=yellow&timeout=50ms')).toMatchObject({
      timed_out: false,
    })
  })

  it('lists itself by the address it listens on', async () => {
    await using rig = await makeRig({ index: true })
    const host = rig.host(0)
    await isReady(await elasticsearch(rig, host))
    const { nodes } = (await askJson(host.key, 8004, '/_nodes')) as { nodes: Record<string, object> }
    expect(Object.values(nodes)).toEqual([
      expect.objectContaining({
        host: host.key,
        ip: host.key,
        http: { bound_address: [`${host.key}:8004`], publish_address: `${host.key}:8004` },
        settings: expect.objectContaining({ path: { data: `${host.data}/elasticsearch` } }),
      }),
    ])
    const rows = (await askJson(host.key, 8004, '/_cat/nodes?format=json')) as unknown as object[]
    expect(rows).toEqual([expect.objectContaining({ ip: host.key, 'node.role': 'mdi', master: '*' })])
    expect((await ask(host.key, 8004, '/_cat/nodes'))?.headers['content-type']).toBe('text/plain; charset=UTF-8')
  })

  it('does not answer for its health while it has no master, though its port is open', async () => {
    await using rig = await makeRig({ index: true })
    const host = rig.host(0)
    await isReady(await elasticsearch(rig, host, { noMaster: true }))
    expect((await ask(host.key, 8004))?.status).toBe(200)
    expect(await ask(host.key, 8004, '/_cluster/health', 300)).toBeUndefined()
  })

  it('is red for as long as the knob says', async () => {
    await using rig = await makeRig({ index: true })
    const host = rig.host(0)
    await isReady(await elasticsearch(rig, host, { redMs: 500 }))
    expect(await health(host)).toMatchObject({ status: 'red' })
    expect(await health(host, '?wait_for_status=yellow&timeout=5s')).toMatchObject({ status: 'yellow' })
  })

  it('says good-bye on SIGINT, and closes its ports', async () => {
    await using rig = await makeRig({ index: true })
    const host = rig.host(0)
    const started = await elasticsearch(rig, host)
    await isReady(started)
    started.child.kill('SIGINT')
    await eventually('its end', () => started.printed.code !== undefined)
    expect(started.printed.code).toBe(0)
    expect(started.printed.out.match(/\] (stopping \.\.\.|stopped|closing \.\.\.|closed)\n/g)).toHaveLength(4)
    expect(await ask(host.key, 8004)).toBeUndefined()
  })
})

describe.concurrent('two Elasticsearch', () => {
  it('are one cluster, green; the one that is left keeps its name, and is joined again', async () => {
    await using rig = await makeRig({ index: true }, { index: true })
    const [first, second] = [rig.host(0), rig.host(1)]
    const master = await elasticsearch(rig, first)
    await isReady(master)
    const uuid = (await askJson(first.key, 8004, '/'))?.cluster_uuid
    await isReady(await elasticsearch(rig, second))
    await nodesAre(first, 2)
    expect(await health(second)).toMatchObject({
      status: 'green',
      number_of_nodes: 2,
      active_shards_percent_as_number: 100,
    })
    expect((await askJson(second.key, 8004, '/'))?.cluster_uuid).toBe(uuid)
    master.child.kill('SIGKILL')
    await nodesAre(second, 1)
    expect(await health(second)).toMatchObject({ status: 'yellow' })
    await isReady(await elasticsearch(rig, first))
    await nodesAre(first, 2)
    for (const { key } of rig.hosts) expect((await askJson(key, 8004, '/'))?.cluster_uuid).toBe(uuid)
  })

  it('have no master for a moment when it dies: health does not answer, then it does', async () => {
    await using rig = await makeRig({ index: true }, { index: true })
    const [first, second] = [rig.host(0), rig.host(1)]
    const master = await elasticsearch(rig, first)
    await isReady(master)
    await isReady(await elasticsearch(rig, second, { electionMs: 1500 }))
    await nodesAre(second, 2)
    master.child.kill('SIGKILL')
    await eventually('its end', () => master.printed.code !== undefined)
    expect(await ask(second.key, 8004, '/_cluster/health', 200)).toBeUndefined()
    await nodesAre(second, 1)
  })

  it('stay apart by knob, as two clusters', async () => {
    await using rig = await makeRig({ index: true }, { index: true })
    for (const host of rig.hosts) await isReady(await elasticsearch(rig, host, { alone: true }))
    const uuids = await Promise.all(rig.hosts.map(async ({ key }) => (await askJson(key, 8004, '/'))?.cluster_uuid))
    expect(new Set(uuids).size).toBe(2)
    expect(await health(rig.host(0))).toMatchObject({ number_of_nodes: 1 })
  })
})

describe.concurrent('an Elasticsearch that cannot start', () => {
  it('says which port is taken, lives longer than a second, and exits 1', async () => {
    await using rig = await makeRig({ index: true }, { index: true })
    await using _http = await takePort(rig.host(0).key, 8004)
    await using _transport = await takePort(rig.host(1).key, 9300)
    const [http, transport] = await Promise.all(rig.hosts.map((host) => elasticsearch(rig, host)))
    await eventually('their ends', () => http?.printed.code === 1 && transport?.printed.code === 1)
    expect(http?.printed.out).toContain(
      'BindHttpException[Failed to bind to [8004]]; nested: BindException[Address already in use]',
    )
    expect(transport?.printed.out).toContain('BindTransportException[Failed to bind to [9300]]')
  })

  it('says that its data directory cannot be written, and exits 1', async () => {
    await using rig = await makeRig({ index: true })
    const host = rig.host(0)
    await writeFile(join(host.data, 'elasticsearch'), 'not a directory')
    const { printed } = await elasticsearch(rig, host)
    await eventually('its end', () => printed.code === 1)
    expect(printed.out).toContain(`Unable to access 'path.data' (${host.data}/elasticsearch)`)
  })

  it('prints by knob what the real one prints, and exits as it does', async () => {
    await using rig = await makeRig({ index: true })
    const host = rig.host(0)
    const lines = [
      'ERROR: bootstrap checks failed',
      'max virtual memory areas vm.max_map_count [65530] is too low, increase to at least [262144]',
    ]
    const started = await elasticsearch(rig, host, {
      outLines: lines,
      neverReady: true,
      crashAfterMs: 50,
      crashCode: 78,
    })
    await eventually('its end', () => started.printed.code !== undefined)
    expect(started.printed).toEqual({ out: `${lines.join('\n')}\n`, err: '', code: 78 })
  })
})

describe.concurrent('in a package that has nothing else of the stand-in', () => {
  it('it starts all the same: its own directory and lib/standin are enough', async () => {
    await using rig = await makeRig({ index: true })
    const host = rig.host(0)
    for (const other of ['conf', 'package.json', 'lib/pm2', 'lib/core/main.js', 'lib/core/components.js']) {
      await rm(join(host.release, other), { recursive: true })
    }
    await isReady(await elasticsearch(rig, host))
    expect(await health(host)).toMatchObject({ status: 'yellow' })
  })
})

describe.concurrent('what it writes', () => {
  it('is a log in its own directory, and its state in --dir', async () => {
    await using rig = await makeRig({ index: true })
    const host = rig.host(0)
    await isReady(await elasticsearch(rig, host))
    expect(await readdir(join(host.release, 'lib/core/binaries/elasticsearch/logs'))).toEqual(['trueno.log'])
    expect(await readdir(join(host.data, 'elasticsearch/nodes/0/_state'))).toEqual(['node.json'])
    await rm(join(host.data, 'elasticsearch'), { recursive: true })
  })
})
