import { layoutOf } from '../../../src/trueno/layout.js'
import { binaries, launchers } from '../../../src/trueno/release.js'
import { passBarrier } from './barrier.js'
import { type Engine, type EngineLogs, engines, runEngine } from './engines.js'
import type { LogFile } from './logs.js'
import type { Machine } from './machine.js'
import { type App, type AppSpec, type God, startApp } from './pm2.js'
import { end, type Process } from './process.js'
import type { TruenoHost } from './trueno-host.js'

/** What core writes: info lines to one file, errors to the other. */
export interface CoreLog {
  info(text: string): void
  error(text: string): void
  /** Without timestamp and level. */
  plain(text: string): void
}

/** One life of core, pm2's `Trueno-Core`. */
export interface Core {
  readonly process: Process
  readonly host: TruenoHost
  readonly god: God
  readonly log: CoreLog
  /** Ends with an uncaught exception. */
  fail(text: string): void
}

/** Core as pm2 runs it. `readHost` gives null where `cluster.json` is not one that Trueno takes. */
export function coreApp(readHost: () => TruenoHost | null, god: God, machine: Machine): AppSpec {
  return {
    name: 'Trueno-Core',
    command: 'node trueno-post-start.js',
    interruptMs: null,
    run: (process) => void live(process, readHost(), god, machine),
  }
}

async function live(process: Process, host: TruenoHost | null, god: God, machine: Machine): Promise<void> {
  const { coreOut, coreErr } = layoutOf(machine.home)
  const log = coreLog(process, machine, machine.logs.open(coreOut), machine.logs.open(coreErr))
  await process.sleep(machine.chance.between(1000, 1800))
  if (host === null) {
    log.plain('Error! Cluster host file not valid: Exactly one master is required to run the cluster')
    return end(machine, process, 0)
  }
  const fail = (text: string): void => {
    log.error(`uncaughtException: ${text}`)
    process.after(50, () => end(machine, process, 1))
  }
  await run({ process, host, god, log, fail })
}

async function run(core: Core): Promise<void> {
  const { process, host, log } = core
  const missing = missingLauncher(host)
  if (missing !== undefined) {
    log.error(`${missing} not present, please run 'trueno setup' to install`)
    return end(host.machine, process, 1)
  }
  log.info('Sanity check done, all components present.')
  log.info('Executing Trueno Components...')
  log.info('🔌 SubProcess bus connected')
  await startEngines(core)
  log.info('All components started')
  log.info('Starting database...')
  await passBarrier(core)
  await serve(core)
}

function missingLauncher({ machine }: TruenoHost): string | undefined {
  const release = machine.disk.releases.get(machine.disk.current ?? '')
  const isThere = ([directory, file]: [string, string]): boolean =>
    release?.engines.has(directory) === true || release?.placeholders.has(`${binaries}/${directory}/${file}`) === true
  return Object.entries(launchers).find((entry) => !isThere(entry))?.[0]
}

async function startEngines(core: Core): Promise<void> {
  const { host } = core
  const watch = { done: false }
  await Promise.all(engines.filter((engine) => engine.runsOn(host)).map((engine) => startEngine(engine, core, watch)))
  watch.done = true
}

/** Resolves when the engine's log says that it is ready, or said so in its last 15 lines (contract, 7.4). */
function startEngine(engine: Engine, core: Core, watch: { done: boolean }): Promise<void> {
  const { host, god, log, process } = core
  const { machine } = host
  return new Promise((resolve) => {
    const succeed = (): void => {
      if (!process.alive) return
      log.info(`✅ ${engine.title} successfully started!`)
      if (engine.next !== undefined) log.info(`⏳ ${engine.title} -> next -> ${engine.next.title}`)
      const after = engine.next === undefined ? Promise.resolve() : startEngine(engine.next, core, watch)
      void after.then(resolve)
    }
    const run = (child: Process, app: App): void => {
      child.onEnd(() => !watch.done && log.info(`⚠️ ${engine.process} exited!`))
      void runEngine(engine, child, host, logsOf(engine, app, machine))
    }
    const { process: name, directory, interruptMs } = engine
    const app = startApp(machine, god, { name, command: `bash ${directory}`, interruptMs, run })
    log.info(`⏳ ${engine.title} starting...`)
    const own = fileOf(engine, app, engine.stream, machine)
    machine.logs.watch(own, (line) => line.includes(engine.ready) && succeed())
    if (own.lines.slice(-15).some((line) => line.includes(engine.ready))) succeed()
  })
}

function logsOf(engine: Engine, app: App, machine: Machine): EngineLogs {
  const out = fileOf(engine, app, 'out', machine)
  const err = fileOf(engine, app, 'err', machine)
  return { out: (line) => machine.logs.append(out, line), err: (line) => machine.logs.append(err, line) }
}

function fileOf({ directory }: Engine, { id }: App, stream: Engine['stream'], machine: Machine): LogFile {
  return machine.logs.open(`${machine.data}/logs/${directory}-${stream}-${id}.log`)
}

/** Opens the port for drivers, then asks Elasticsearch once (contract, 6.5). */
async function serve({ process, host, log, fail }: Core): Promise<void> {
  const { key, machine, network, indexHosts } = host
  log.info(`Internal API awaiting for connections at: ${key}:8001`)
  if (!process.listen(8000, 'core')) return fail('listen EADDRINUSE :::8000')
  await process.sleep(machine.chance.between(20, 400))
  const { failsPing = false } = machine.troubles.get('core') ?? {}
  if (!failsPing && indexHosts.some((index) => network.dial(index, 8004) !== undefined)) {
    log.info(
      `ElasticSeach engine connected at: ${JSON.stringify(indexHosts.map((index) => ({ port: 8004, host: index })))}`,
    )
    log.info(`External API awaiting for connections at: ${key}:8000`)
    process.listen(8088, 'gui')
  } else {
    log.error('Error while initializing External API. Error: No Living connections')
  }
  log.info('Cluster status collected.  ')
}

function coreLog(process: Process, machine: Machine, out: LogFile, err: LogFile): CoreLog {
  const write = (file: LogFile, text: string): void => {
    if (process.alive) machine.logs.append(file, text)
  }
  const stamp = (level: string, text: string): string => `${timestamp(machine.clock.now())} - ${level}: ${text}`
  return {
    info: (text) => write(out, stamp('info', text)),
    error: (text) => write(err, stamp('error', text)),
    plain: (text) => write(out, text),
  }
}

/** As `[2026-11-23 04:27:11 am]`. */
function timestamp(ms: number): string {
  const text = new Date(ms).toISOString()
  const hours = Number(text.slice(11, 13))
  const hour = String(hours % 12 || 12).padStart(2, '0')
  return `[${text.slice(0, 10)} ${hour}${text.slice(13, 19)} ${hours < 12 ? 'am' : 'pm'}]`
}
