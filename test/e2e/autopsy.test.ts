import { rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, Socket } from 'node:net'
import { join } from 'node:path'
import { expect, it, type TestContext } from 'vitest'
import type { Event } from '../../src/engine/events.js'
import { type Told, toldBy } from '../helpers/command-line.js'
import { gateIn } from '../helpers/gate.js'
import { type Lab, labFor, twoHosts } from '../helpers/lab.js'
import { canMount, mountMemory, unmount } from '../helpers/mounts.js'

const maxMapCount = 'max virtual memory areas vm.max_map_count [65530] is too low, increase to at least [262144]'
const openFiles = 'max file descriptors [4096] for elasticsearch process is too low, increase to at least [65536]'
const noJava = '/x/gremlin_server/bin/gremlin-server.sh: line 71: /srv/nowhere/bin/java: No such file or directory'

it('the same fault on ten hosts is told once, two different ones on one of them are both told', async (test) => {
  const lab = await labFor(test, { roles: [['master'], ['index'], ...Array(9).fill([])] })
  const keys = lab.hosts.map(({ key }) => key)
  for (const index of keys.slice(1).keys())
    lab.faults(index + 1, { gremlin: { crashAfterMs: 100, errLines: [noJava] }, ...(index === 0 && bootstrapChecks) })
  const told = await lab.tell('up')
  expect(told.code, told.screen).toBe(1)
  expect(codes(told, keys), told.screen).toEqual({
    1: ['java-missing', 'max-map-count-low', 'open-files-low'],
    ...Object.fromEntries(keys.slice(2).map((_, index) => [index + 2, ['java-missing']])),
  })
  expect(told.screen.match(/cause +there is no Java where the engine looked for it\n/g)).toHaveLength(1)
  expect(told.screen).toMatch(/and 7 more {2}Gremlin Server did not start|10 hosts/)
  expect(told.screen).toMatch(/more +trueno-deploy explain java-missing/)
})

const bootstrapChecks = {
  elasticsearch: {
    crashAfterMs: 600,
    crashCode: 78,
    outLines: ['ERROR: bootstrap checks failed', maxMapCount, openFiles],
  },
}

it.concurrent('ports that are taken while it starts are told with who has them, before anything ends', async (test) => {
  const lab = await labFor(test, { roles: [['master'], ['index'], []] })
  const keys = lab.hosts.map(({ key }) => key) as [string, string, string]
  const { holdUntil, open } = gateIn(lab)
  lab.faults(1, { elasticsearch: { holdUntil } })
  lab.faults(2, { gremlin: { holdUntil } })
  const run = lab.start('up', '--json')
  await run.reached('startOthers')
  await listening(test, [keys[1], 9300], [keys[2], 8002])
  open()
  const told = await toldBy(await run.done)
  expect(told.code, told.screen).toBe(1)
  expect(codes(told, keys)).toEqual({ 1: ['port-taken'], 2: ['port-taken'] })
  const mine = `process ${process.pid}, user \\w+, .*node.*`
  expect(told.screen).toMatch(new RegExp(`port 8002 is taken by another process \\(${mine}\\)`))
  expect(told.screen).toMatch(new RegExp(`remedy +stop that process: kill ${process.pid}`))
  // Its line tells it: Gremlin itself hangs for 41 s.
  expect(exits(told, keys[2])).toEqual([])
})

it.concurrent('at half of its limit a wait says what it found, and goes on', async (test) => {
  const lab = await labFor(test, { roles: [['master', 'index'], [], []] })
  const [coordinator, slow, lost] = lab.hosts.map(({ key }) => key) as [string, string, string]
  const { holdUntil, open } = gateIn(lab)
  lab.faults(1, { gremlin: { holdUntil, outLines: ['still thinking'] } })
  lab.faults(2, { core: { missReadyOnce: 'Gremlin-Server' } })
  const run = lab.start('up', '--json', '--timeout-start', '64s')
  for (const code of ['signals-missing', 'component-not-ready', 'ready-line-lost'])
    await run.printed(new RegExp(`"kind":"finding".*"code":"${code}"`))
  open()
  const told = await toldBy(await run.done)
  expect(told.code, told.screen).toBe(0)
  expect(findings(told)).toEqual([
    [coordinator, 'warning', 'signals-missing'],
    [slow, 'warning', 'component-not-ready'],
    [lost, 'warning', 'ready-line-lost'],
  ])
  expect(told.screen).toMatch(
    /Gremlin Server was started [2-6]\d s ago and has not said that it is ready\n\[\S+\] +still thinking/,
  )
  expect(told.screen).toMatch(new RegExp(`waits for the ready signal of \\d hosts?: ${slow}`))
  expect(told.screen).toMatch(/waits for Gremlin Server: still thinking/)
  // Once, and on that host alone.
  expect(told.screen).toContain('Gremlin Server has said that it is ready and listens on port 8002')
  expect(lab.starts(2)).toHaveLength(2)
  expect(lab.starts(1)).toHaveLength(1)
})

it.concurrent('a daemon of pm2 that dies leaves orphans: told, and ended by the next up', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  lab.faults(1, { godDiesAfterMs: 2500, gremlin: { neverReady: true } })
  const told = await lab.tell('up', '--timeout-start', '1m')
  expect(told.code, told.screen).toBe(1)
  expect(
    codes(
      told,
      lab.hosts.map(({ key }) => key),
    ),
  ).toEqual({ 1: ['pm2-daemon-died'] })
  expect(told.screen).toMatch(/running without it: .*Gremlin-Server \(\d+\)/)
  lab.faults(1)
  const again = await lab.tell('up')
  expect(again.code, again.screen).toBe(0)
})

it.concurrent('a worker of an earlier cluster at the barrier is named', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const [coordinator, other] = lab.hosts.map(({ key }) => key) as [string, string]
  const { holdUntil, open } = gateIn(lab)
  lab.faults(1, { gremlin: { holdUntil } })
  const run = lab.start('up', '--json')
  await run.reached('awaitReady')
  await signalAs('192.0.2.99', coordinator, test)
  open()
  const told = await toldBy(await run.done)
  expect(told.code, told.screen).toBe(1)
  expect(codes(told, [coordinator, other])).toMatchObject({ 0: ['barrier-overshot'] })
  expect(told.screen).toMatch(/Host '192\.0\.2\.99' is not in cluster\.json/)
  expect(told.screen).toMatch(/remedy +stop Trueno on 192\.0\.2\.99/)
})

it.concurrent("Spark's master that moves on says that all is well: we do not believe it", async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const [coordinator] = lab.hosts.map(({ key }) => key) as [string]
  lab.faults(0, { sparkMaster: { takePort: 8015, readyAfterMs: 1500 }, core: { slowMs: 500 } })
  const told = await lab.tell('up')
  expect(told.code, told.screen).toBe(1)
  expect(codes(told, [coordinator])).toEqual({ 0: ['spark-moved-port'] })
  expect(told.screen).toMatch(/port 8005 is taken by another process, so Spark's sparkMaster went on to \d+/)
})

it.skipIf(!canMount).concurrent('a disk that fills while it starts', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const { login, home } = lab.host(1)
  mountMemory(login, 'size=24m')
  test.onTestFinished(() => unmount(login))
  const { holdUntil, open } = gateIn(lab)
  lab.faults(1, { elasticsearch: { holdUntil, crashAfterMs: 1500, readyAfterMs: 600_000 } })
  const run = lab.start('up', '--json')
  await run.printed(new RegExp(`"host":"${lab.host(1).key}","step":"wait-apiReady"`))
  expect(() => writeFileSync(join(home, 'data/filler'), Buffer.alloc(32_000_000))).toThrow('ENOSPC')
  open()
  const told = await toldBy(await run.done)
  expect(told.code, told.screen).toBe(1)
  expect(
    codes(
      told,
      lab.hosts.map(({ key }) => key),
    ),
  ).toEqual({ 1: ['disk-full'] })
})

it.concurrent('a coordinator that freezes: each host says what it does not reach', async (test) => {
  const lab = await labFor(test, { roles: [['master', 'index'], ['compute'], []] })
  const keys = lab.hosts.map(({ key }) => key) as [string, string, string]
  const run = lab.start('up', '--json', '--timeout-start', '30s')
  await run.reached('startOthers')
  for (const { pid } of lab.processes(0)) process.kill(pid, 'SIGSTOP')
  const told = await toldBy(await run.done)
  expect(told.code, told.screen).toBe(1)
  expect(codes(told, keys), told.screen).toEqual({
    0: ['signals-missing'],
    1: ['component-not-ready', 'spark-master-not-reached'],
    2: ['coordinator-not-reached'],
  })
  expect(new Set(findings(told).map(([host, , code]) => `${host} ${code}`))).toEqual(
    new Set([
      `${keys[0]} signals-missing`,
      `${keys[1]} component-not-ready`,
      `${keys[1]} spark-master-not-reached`,
      `${keys[2]} coordinator-not-reached`,
    ]),
  )
  expect(told.screen).toMatch(new RegExp(`gets no connection to ${keys[0]}:8001 to say so \\(waited 30 s`))
})

it.concurrent('what somebody kills, and a launcher that is gone from the release on the host', async (test) => {
  const lab = await labFor(test, { roles: [['master', 'index'], [], []] })
  const keys = lab.hosts.map(({ key }) => key) as [string, string, string]
  expect((await lab.tell('up')).code).toBe(0)
  expect((await lab.tell('down')).code).toBe(0)
  rmSync(join(lab.host(2).home, 'current/lib/core/binaries/cerebro/bin/cerebro'))
  lab.faults(1, { gremlin: { neverReady: true } })
  const run = lab.start('up', '--json')
  await run.printed(new RegExp(`"host":"${keys[1]}","step":"wait-apiReady","message":"Gremlin Server starting`))
  await killed(lab, 1, 'Gremlin-Server')
  await run.printed(/exited with code \[0\] via signal \[SIGKILL\]/)
  await killed(lab, 1, 'Gremlin-Server')
  const told = await toldBy(await run.done)
  expect(told.code, told.screen).toBe(1)
  expect(codes(told, keys), told.screen).toEqual({ 1: ['killed'], 2: ['launcher-missing'] })
  expect(told.screen).toMatch(/cause +Gremlin Server was ended by SIGKILL from outside/)
  expect(told.screen).toMatch(/cause +Trueno does not find its component Cerebro/)
})

/** Codes of what was told, by the host's place in `keys`. */
function codes({ problems }: Told, keys: readonly string[]): Record<number, string[]> {
  const found: Record<number, string[]> = {}
  for (const { host = '', code } of problems) {
    const index = keys.indexOf(host)
    found[index] = [...(found[index] ?? []), code].sort()
  }
  return found
}

type Finding = Extract<Event, { kind: 'finding' }>

function findings({ events }: Told): readonly (readonly string[])[] {
  const all = events.filter((event): event is Finding => event.kind === 'finding')
  return all.map(({ host, problem }) => [host, problem.severity, problem.code]).sort()
}

/** Kills a process of this name as soon as there is one. */
async function killed(lab: Lab, index: number, name: string): Promise<void> {
  for (;;) {
    const found = lab.processes(index).find((process) => process.name === name)
    if (found !== undefined) return void process.kill(found.pid, 'SIGKILL')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Lines of pm2 that something ended on a host, as far as they were told. */
function exits({ events }: Told, host: string): readonly string[] {
  return events.flatMap((event) =>
    event.kind === 'stepProgress' && event.host === host && / exited with code /.test(event.message ?? '')
      ? [event.message ?? '']
      : [],
  )
}

async function listening(test: TestContext, ...places: readonly (readonly [string, number])[]): Promise<void> {
  const servers = await Promise.all(places.map(([address, port]) => listen(address, port)))
  test.onTestFinished(() => servers.forEach((server) => void server.close()))
}

function listen(address: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, address, () => resolve(server))
  })
}

/** Says at the coordinator's barrier that a host is ready, as a stand-in there would. */
function signalAs(host: string, coordinator: string, test: TestContext): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new Socket()
    test.onTestFinished(() => void socket.destroy())
    socket.once('error', reject)
    socket.once('data', () => socket.write(`${JSON.stringify({ ready: host })}\n`, () => resolve()))
    socket.connect(8001, coordinator, () => {
      socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: trueno-barrier\r\n\r\n')
    })
  })
}
