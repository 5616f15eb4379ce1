import { layoutOf } from '../../../src/trueno/layout.js'
import type { LogFile } from './logs.js'
import type { Machine } from './machine.js'
import { end, interrupt, kill, type Marker, type Process, spawn } from './process.js'

/** What pm2 is asked to keep running. */
export interface AppSpec {
  readonly name: string
  readonly command: string
  /** Milliseconds it takes to end on SIGINT; null: it ignores that. */
  readonly interruptMs: number | null
  /** What the process does, from its spawning on. */
  readonly run: (process: Process, app: App) => void
}

export interface App {
  readonly id: number
  readonly name: string
  spec: AppSpec
  process: Process | null
  status: 'online' | 'stopping' | 'stopped' | 'errored'
  restarts: number
  unstable: number
  /** Null once it was given up. */
  createdAt: number | null
}

/** pm2's daemon, as far as Trueno depends on it (contract, 7 and 8; real-engines, 5). */
export interface God {
  readonly process: Process
  readonly apps: Map<string, App>
  readonly killTimeoutMs: number
  readonly log: LogFile
  beingKilled: boolean
}

const minUptimeMs = 1000
const maxRestarts = 16

export function createGod(machine: Machine, marker: Marker, killTimeoutMs: number): God {
  const { pm2Home, pm2Log } = layoutOf(machine.home)
  const command = `PM2 v2.6.1: God Daemon (${pm2Home})`
  const process = spawn(machine, { name: '', command, marker, interruptMs: 200 })
  const god = { process, apps: new Map(), killTimeoutMs, log: machine.logs.open(pm2Log), beingKilled: false }
  machine.god = god
  process.onEnd(() => {
    if (machine.god === god) machine.god = null
  })
  return god
}

/** Starts an application, or restarts in place the one that has its name. */
export function startApp(machine: Machine, god: God, spec: AppSpec): App {
  const known = god.apps.get(spec.name)
  if (known === undefined) return launch(machine, god, create(machine, god, spec))
  const wasOnline = known.status === 'online'
  const isBeingRestarted = known.status === 'stopping'
  Object.assign(known, { spec, createdAt: machine.clock.now(), unstable: 0 })
  if (isBeingRestarted) return known
  stopApp(machine, god, known, () => {
    if (god.beingKilled || !god.process.alive) return
    if (wasOnline) known.restarts += 1
    launch(machine, god, known)
  })
  return known
}

/** `pm2 kill`: ends all applications, those that ignore SIGINT after the kill timeout, then the daemon. */
export function killGod(machine: Machine, god: God): void {
  god.beingKilled = true
  const apps = [...god.apps.values()]
  let left = apps.length
  const gone = (): void => {
    left -= 1
    if (left <= 0) god.process.after(100, () => end(machine, god.process, 0))
  }
  if (apps.length === 0) gone()
  for (const app of apps) stopApp(machine, god, app, gone)
}

function create(machine: Machine, god: God, spec: AppSpec): App {
  const app: App = {
    id: god.apps.size,
    name: spec.name,
    spec,
    process: null,
    status: 'stopped',
    restarts: 0,
    unstable: 0,
    createdAt: machine.clock.now(),
  }
  god.apps.set(spec.name, app)
  return app
}

function launch(machine: Machine, god: God, app: App): App {
  const { name, command, interruptMs, run } = app.spec
  const { marker } = god.process
  tell(machine, god, `Starting execution sequence in -fork mode- for app name:${name} id:${app.id}`)
  const process = spawn(machine, { name, command, marker, interruptMs, restarts: app.restarts })
  Object.assign(app, { process, status: 'online' })
  process.onEnd((code) => {
    if (god.process.alive) onExit(machine, god, app, process, code ?? 0)
  })
  tell(machine, god, `App name:${name} id:${app.id} online`)
  run(process, app)
  return app
}

function onExit(machine: Machine, god: God, app: App, process: Process, code: number): void {
  const who = `App [${app.name}] with id [${app.id}] and pid [${process.pid}]`
  tell(machine, god, `${who}, exited with code [${code}] via signal [SIGINT]`)
  const unexpected = app.status === 'online'
  app.process = null
  if (unexpected) app.status = 'stopped'
  countUnstable(machine, god, app, process)
  if (unexpected) god.process.after(machine.chance.between(1, 100), () => runAgain(machine, god, app))
}

function runAgain(machine: Machine, god: God, app: App): void {
  if (god.beingKilled || app.status !== 'stopped') return
  app.restarts += 1
  launch(machine, god, app)
}

function countUnstable(machine: Machine, god: God, app: App, process: Process): void {
  const now = machine.clock.now()
  if (app.createdAt === null || now - app.createdAt >= minUptimeMs * maxRestarts) return
  if (now - process.startedAt < minUptimeMs) app.unstable += 1
  if (app.unstable < maxRestarts) return
  tell(machine, god, `Script ${app.name} had too many unstable restarts (${app.unstable}). Stopped. "errored"`)
  Object.assign(app, { status: 'errored', unstable: 0, createdAt: null })
}

/** SIGINT, then SIGKILL after the kill timeout. */
function stopApp(machine: Machine, god: God, app: App, done: () => void): void {
  const { process } = app
  if (process === null) {
    finish(app, done)
    return
  }
  app.status = 'stopping'
  process.onEnd(() => {
    if (god.process.alive) god.process.after(100, () => finish(app, done))
  })
  interrupt(machine, process)
  god.process.after(god.killTimeoutMs, () => process.alive && kill(machine, process))
}

function finish(app: App, done: () => void): void {
  app.status = 'stopped'
  done()
}

function tell(machine: Machine, god: God, text: string): void {
  machine.logs.append(god.log, `${new Date(machine.clock.now()).toISOString().slice(0, 19)}: ${text}`)
}
