import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ask, askJson, takePort } from './ask.js'
import { eventually, readText, type Started } from './processes.js'
import { makeRig, type RigHost } from './rig.js'

function sparkMaster(host: RigHost): Started {
  const name = 'org.apache.spark.deploy.master.Master'
  return host.engine('spark', 'bin/spark-class', [name, '-h', host.key, '-p', '8005', '--webui-port', '8006'])
}

function sparkWorker(host: RigHost, master: RigHost, environment: Record<string, string> = {}): Started {
  const name = 'org.apache.spark.deploy.worker.Worker'
  const args = [name, `spark://${master.key}:8005`, '', '-d', join(host.data, 'spark')]
  return host.engine('spark', 'bin/spark-class', args, environment)
}

function says({ printed }: Started, text: string) {
  return eventually(text, () => printed.err.includes(text) || printed.out.includes(text))
}

const masterReady = 'INFO StandaloneRestServer: Started REST server for submitting applications on port'
const workerReady = 'INFO Worker: Successfully registered with master spark://'

interface MasterState {
  readonly url: string
  readonly status: string
  readonly cores: number
  readonly workers: readonly { id: string; host: string; state: string; cores: number; memory: number }[]
}

async function stateOf(master: RigHost, port = 8006): Promise<MasterState> {
  return (await askJson(master.key, port, '/json/')) as unknown as MasterState
}

describe.concurrent('a Spark master', () => {
  it('says on stderr that it is ready, redirects /json, and answers /json/ as text/json', async () => {
    await using rig = await makeRig({ master: true })
    const master = rig.host(0)
    const started = sparkMaster(master)
    await says(started, `${masterReady} 6066`)
    expect(started.printed.out).toBe('')
    const redirect = await ask(master.key, 8006, '/json')
    expect([redirect?.status, redirect?.headers.location]).toEqual([302, `http://${master.key}:8006/json/`])
    const state = await ask(master.key, 8006, '/json/')
    expect(state?.headers['content-type']).toBe('text/json')
    expect(JSON.parse(state?.body ?? '')).toEqual({
      url: `spark://${master.key}:8005`,
      workers: [],
      cores: 0,
      coresused: 0,
      memory: 0,
      memoryused: 0,
      activeapps: [],
      completedapps: [],
      activedrivers: [],
      status: 'ALIVE',
    })
  })

  it('lists its workers, the dead ones too, and gets them back when it was killed', async () => {
    await using rig = await makeRig({ master: true }, { compute: true })
    const [master, host] = [rig.host(0), rig.host(1)]
    await host.knobs({ sparkWorker: { retryMs: 100 } })
    const first = sparkMaster(master)
    await says(first, masterReady)
    const worker = sparkWorker(host, master, { SPARK_WORKER_MEMORY: '2g', SPARK_WORKER_CORES: '3' })
    await says(worker, `${workerReady}${master.key}:8005`)
    expect((await stateOf(master)).workers).toEqual([
      expect.objectContaining({ host: host.key, state: 'ALIVE', cores: 3, memory: 2048 }),
    ])
    first.child.kill('SIGKILL')
    await says(worker, 'waiting for master to reconnect')
    await says(sparkMaster(master), masterReady)
    await eventually('the worker again', async () => (await stateOf(master))?.workers.length === 1)
    expect(worker.printed.err.split(workerReady)).toHaveLength(2)
    worker.child.kill('SIGKILL')
    await eventually('its death', async () => (await stateOf(master)).workers[0]?.state === 'DEAD')
    expect((await stateOf(master)).cores).toBe(0)
  })

  it('moves on when its port is taken, its page too, and says that it is ready all the same', async () => {
    await using rig = await makeRig({ master: true }, { compute: true })
    const [master, host] = [rig.host(0), rig.host(1)]
    await using _thief = await takePort(master.key, 8005)
    await host.knobs({ sparkWorker: { retryMs: 100 } })
    const started = sparkMaster(master)
    await says(started, masterReady)
    expect(started.printed.err).toContain(
      "WARN Utils: Service 'sparkMaster' could not bind on port 8005. Attempting port 8006.",
    )
    expect(started.printed.err).toContain(
      "WARN Utils: Service 'MasterUI' could not bind on port 8006. Attempting port 8007.",
    )
    expect((await stateOf(master, 8007)).url).toBe(`spark://${master.key}:8006`)
    const worker = sparkWorker(host, master)
    await says(worker, 'Retrying connection to master (attempt # 2)')
    expect(worker.printed.err).not.toContain(workerReady)
  })

  it('does so by knob as well, and for its REST port', async () => {
    await using rig = await makeRig({ master: true })
    const master = rig.host(0)
    await master.knobs({ sparkMaster: { takePort: 8010 } })
    await using _thief = await takePort(master.key, 6066)
    const started = sparkMaster(master)
    await says(started, `${masterReady} 6067`)
    expect(started.printed.err).toContain("Service 'sparkMaster' could not bind on port 8005.")
    expect(started.printed.err).toContain('WARN Utils: Service could not bind on port 6066. Attempting port 6067.')
    expect((await stateOf(master)).url).toBe(`spark://${master.key}:8010`)
  })
})

describe.concurrent('a Spark worker', () => {
  it('has a page of its own', async () => {
    await using rig = await makeRig({ master: true })
    const host = rig.host(0)
    await says(sparkMaster(host), masterReady)
    await says(sparkWorker(host, host), workerReady)
    expect(await askJson(host.key, 8081, '/json/')).toMatchObject({
      masterurl: `spark://${host.key}:8005`,
      masterwebuiurl: `http://${host.key}:8006`,
      coresused: 0,
      executors: [],
    })
  })

  it('gives up after so many attempts', async () => {
    await using rig = await makeRig({ compute: true })
    const host = rig.host(0)
    await host.knobs({ sparkWorker: { retryMs: 10, attempts: 3 } })
    const { printed } = sparkWorker(host, host)
    await eventually('its end', () => printed.code !== undefined)
    expect(printed.code).toBe(1)
    expect(printed.err).toContain('Retrying connection to master (attempt # 2)')
    expect(printed.err).toContain('ERROR Worker: All masters are unresponsive! Giving up.')
  })

  it('ends when its work directory cannot be made', async () => {
    await using rig = await makeRig({ compute: true })
    const host = rig.host(0)
    await writeFile(join(host.data, 'spark'), '')
    const name = 'org.apache.spark.deploy.worker.Worker'
    const work = join(host.data, 'spark/work')
    const { printed } = host.engine('spark', 'bin/spark-class', [name, `spark://${host.key}:8005`, '-d', work])
    await eventually('its end', () => printed.code !== undefined)
    expect(printed.code).toBe(1)
    expect(printed.err).toContain(`ERROR Worker: Failed to create work directory ${work}`)
  })
})

describe.concurrent('a Gremlin server', () => {
  const gremlin = async (host: RigHost, knobs: object = {}) => {
    await host.knobs({ gremlin: knobs })
    const config = 'conf/gremlin-server-trueno.yaml'
    await writeFile(join(host.release, 'lib/core/binaries/gremlin_server', config), `host: ${host.key}\nport: 8002\n`)
    return host.engine('gremlin_server', 'bin/gremlin-server.sh', [config])
  }

  it('answers 400 at /gremlin, nothing at /, and shakes hands as a WebSocket on both', async () => {
    await using rig = await makeRig({})
    const host = rig.host(0)
    await says(await gremlin(host), '[INFO] GremlinServer$1 - Channel started at port 8002.')
    const refused = await ask(host.key, 8002, '/gremlin')
    expect([refused?.status, refused?.body]).toEqual([400, 'not a WebSocket handshake request: missing upgrade'])
    expect(await ask(host.key, 8002, '/', 200)).toBeUndefined()
    for (const path of ['/', '/gremlin']) {
      expect(await shakeHands(host.key, path)).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
    }
  })

  it('says that its port is taken, hangs, and ends with 0', async () => {
    await using rig = await makeRig({})
    const host = rig.host(0)
    await using _thief = await takePort(host.key, 8002)
    const started = await gremlin(host, { bindFailMs: 200 })
    await eventually('its end', () => started.printed.code !== undefined)
    expect(started.printed).toMatchObject({
      code: 0,
      out: expect.stringContaining(
        `Could not bind to ${host.key} and 8002 - perhaps something else is bound to that address.`,
      ),
    })
  })
})

describe.concurrent('a Cerebro', () => {
  const args = (host: RigHost) => [
    '-Dhttp.port=8008',
    `-Dhttp.address=${host.key}`,
    `-Dhosts.0.host=http://${host.key}:8004`,
  ]

  it('does not start again where a killed one has left its RUNNING_PID', async () => {
    await using rig = await makeRig({})
    const host = rig.host(0)
    const first = host.engine('cerebro', 'bin/cerebro', args(host))
    await says(first, 'Listening for HTTP on')
    expect((await ask(host.key, 8008))?.status).toBe(200)
    first.child.kill('SIGKILL')
    await eventually('its end', () => first.printed.code !== undefined)
    const pidFile = join(host.release, 'lib/core/binaries/cerebro/RUNNING_PID')
    expect(await readText(pidFile)).toBe(String(first.child.pid))
    const second = host.engine('cerebro', 'bin/cerebro', args(host))
    await eventually('its end', () => second.printed.code !== undefined)
    expect(second.printed.out).toContain('This application is already running')
    expect(second.printed.code).toBe(255)
  })
})

function shakeHands(host: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(8002, host)
    socket.once('error', reject)
    socket.once('data', (data) => {
      resolve(data.toString())
      socket.destroy()
    })
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: any\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    )
  })
}
