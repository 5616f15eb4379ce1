import type { ComponentName } from '../../../src/trueno/components.js'
import type { ComponentDirectory } from '../../../src/trueno/release.js'
import type { Machine } from './machine.js'
import { end, type Process } from './process.js'
import type { TruenoHost } from './trueno-host.js'

/** A component as core starts it and recognises that it is ready (contract, 5 and 6; real-engines, 2). */
export interface Engine {
  readonly name: Exclude<ComponentName, 'core'>
  readonly title: string
  readonly process: string
  readonly directory: ComponentDirectory
  readonly ports: readonly number[]
  /** Where its ready line goes, and what core looks for in it. */
  readonly stream: 'out' | 'err'
  readonly ready: string
  /** Milliseconds from its start until it is ready. */
  readonly takesMs: readonly [number, number]
  readonly interruptMs: number
  readonly runsOn: (host: TruenoHost) => boolean
  /** Started by core when this one is ready. */
  readonly next?: Engine
}

const bridge: Engine = {
  name: 'bridge',
  title: 'Trueno ElasticSearch Bridge Server',
  process: 'Trueno-ElasticSearch-Bridge-Server',
  directory: 'trueno_elastic_bridge_server',
  ports: [8007],
  stream: 'out',
  ready: 'ElasticSearch Bridge Server started',
  takesMs: [800, 2500],
  interruptMs: 100,
  runsOn: () => false,
}

export const engines: readonly Engine[] = [
  {
    name: 'gremlin',
    title: 'Gremlin Server',
    process: 'Gremlin-Server',
    directory: 'gremlin_server',
    ports: [8002],
    stream: 'out',
    ready: 'Channel started at port 8002.',
    takesMs: [4000, 17_000],
    interruptMs: 4000,
    runsOn: () => true,
  },
  {
    name: 'elasticsearch',
    title: 'Elasticsearch',
    process: 'Elasticsearch',
    directory: 'elasticsearch',
    ports: [8004, 9300],
    stream: 'out',
    ready: '] started',
    takesMs: [6000, 22_000],
    interruptMs: 300,
    runsOn: ({ roles }) => roles.includes('index'),
    next: bridge,
  },
  {
    name: 'sparkMaster',
    title: 'Spark Master',
    process: 'Spark-Master',
    directory: 'spark',
    ports: [8005, 8006, 6066],
    stream: 'err',
    ready: 'Started REST server for submitting applications on port 6066',
    takesMs: [2000, 5000],
    interruptMs: 50,
    runsOn: ({ roles }) => roles.includes('master'),
  },
  {
    name: 'sparkWorker',
    title: 'Spark Worker',
    process: 'Spark-Worker',
    directory: 'spark',
    ports: [8081],
    stream: 'err',
    ready: 'Successfully registered with master',
    takesMs: [3000, 9000],
    interruptMs: 50,
    runsOn: ({ roles }) => roles.includes('compute') && !roles.includes('master'),
  },
  {
    name: 'cerebro',
    title: 'Cerebro',
    process: 'Cerebro',
    directory: 'cerebro',
    ports: [8008],
    stream: 'out',
    ready: 'Listening for HTTP on /0.0.0.0:8008',
    takesMs: [1000, 3000],
    interruptMs: 100,
    runsOn: () => true,
  },
]

/** What an engine is given to write to. */
export interface EngineLogs {
  out(line: string): void
  err(line: string): void
}

/** The life of an engine's process, from its spawning on. */
export async function runEngine(engine: Engine, process: Process, host: TruenoHost, logs: EngineLogs): Promise<void> {
  const { machine } = host
  const { livesMs } = machine.troubles.get(engine.name) ?? {}
  if (isPlaceholder(engine, host)) return process.after(20, () => end(machine, process, 0))
  if (livesMs !== undefined) {
    logs.err(`Exception in thread "main" java.lang.IllegalStateException: trouble in ${engine.title}`)
    return process.after(livesMs, () => end(machine, process, 1))
  }
  await comeUp(engine, process, machine)
  const taken = engine.ports.find((port) => !process.listen(port, engine.name))
  if (taken !== undefined) {
    logs.out(`BindTransportException[Failed to bind to [${taken}]]; nested: BindException[Address already in use];`)
    return end(machine, process, 1)
  }
  if (engine.name === 'sparkWorker') return work(engine, process, host, logs)
  logs[engine.stream](`[INFO] ${engine.name} ${engine.ready}`)
}

/** Time passes more slowly for what is slow, as long as it is. */
async function comeUp(engine: Engine, process: Process, machine: Machine): Promise<void> {
  const slowness = (): number => machine.troubles.get(engine.name)?.slowness ?? 1
  let left = machine.chance.between(...engine.takesMs)
  for (; slowness() > 1 && left > 0; left -= 500) await process.sleep(500 * slowness())
  await process.sleep(Math.max(0, left))
}

function isPlaceholder({ directory }: Engine, { machine }: TruenoHost): boolean {
  const release = machine.disk.releases.get(machine.disk.current ?? '')
  return release?.engines.has(directory) !== true
}

/** A worker that finds no master tries again every 10 s, after six times every minute, both half to one and a half times. */
async function work(engine: Engine, process: Process, host: TruenoHost, logs: EngineLogs): Promise<void> {
  const fuzz = host.machine.chance.between(0.5, 1.5)
  for (let attempt = 1; ; attempt++) {
    const master = host.network.dial(host.master, 8005)
    if (master?.service === 'sparkMaster') return register(engine, process, host, logs, master.process)
    logs.err(`WARN Worker: Failed to connect to master ${host.master}:8005`)
    if (attempt > 16) return end(host.machine, process, 1)
    await process.sleep((attempt <= 6 ? 10_000 : 60_000) * fuzz)
  }
}

/** Workers by the process of the master they are registered with. */
const registered = new WeakMap<Process, Set<Process>>()

export function workersOf(master: Process): readonly Process[] {
  return [...(registered.get(master) ?? [])].filter((worker) => worker.alive)
}

function register(engine: Engine, process: Process, host: TruenoHost, logs: EngineLogs, master: Process): void {
  registered.set(master, (registered.get(master) ?? new Set()).add(process))
  logs[engine.stream](`INFO Worker: ${engine.ready} spark://${host.master}:8005`)
  master.onEnd(() =>
    process.after(host.machine.chance.between(1000, 12_000), () => void work(engine, process, host, logs)),
  )
}
