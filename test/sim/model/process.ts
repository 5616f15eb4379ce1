import { type Machine, setAlarm } from './machine.js'

/** What a host's processes carry in their environment. */
export interface Marker {
  readonly clusterId: string
  readonly home: string
  readonly part: 'trueno' | 'balancer'
  readonly startId: string
}

export interface Process {
  readonly pid: number
  /** pm2's name for it; empty for pm2's daemon, and for what pm2 did not start. */
  readonly name: string
  readonly command: string
  /** Null: not ours. */
  readonly marker: Marker | null
  readonly restarts: number
  readonly startedAt: number
  /** Milliseconds it takes to end on SIGINT; null: it ignores that. */
  readonly interruptMs: number | null
  alive: boolean
  /** Resolves after some time, never when the process ends first. */
  sleep(ms: number): Promise<void>
  after(ms: number, action: () => void): void
  /** Takes a port; false when somebody has it. `service` is what answers there, by default nothing. */
  listen(port: number, service?: unknown): boolean
  /** Called once when it ends, also when the whole host does; `code` is null then. */
  onEnd(listener: EndListener): void
  readonly endListeners: EndListener[]
  /** Takes back what it has set the clock to. */
  readonly alarms: Set<() => void>
}

type EndListener = (code: number | null) => void

export type ProcessSpec = Pick<Process, 'name' | 'command' | 'marker' | 'interruptMs'> & { readonly restarts?: number }

export function spawn(machine: Machine, spec: ProcessSpec): Process {
  const alarms = new Set<() => void>()
  const endListeners: EndListener[] = []
  machine.lastPid += 1
  const process: Process = {
    restarts: 0,
    ...spec,
    pid: machine.lastPid,
    startedAt: machine.clock.now(),
    alive: true,
    sleep: (ms) => new Promise((resolve) => process.after(ms, resolve)),
    after: (ms, action) => {
      if (process.alive) setAlarm(machine, alarms, ms, () => process.alive && action())
    },
    listen: (port, service = {}) => {
      if (!process.alive || machine.ports.has(port)) return false
      machine.ports.set(port, { process, service })
      return true
    },
    onEnd: (listener) => void endListeners.push(listener),
    endListeners,
    alarms,
  }
  machine.processes.set(process.pid, process)
  machine.witness.spawned(machine, process)
  return process
}

/** Ends a process. */
export function end(machine: Machine, process: Process, code: number): void {
  if (!process.alive) return
  process.alive = false
  machine.processes.delete(process.pid)
  for (const [port, { process: holder }] of machine.ports) if (holder === process) machine.ports.delete(port)
  for (const stop of process.alarms) stop()
  for (const listener of process.endListeners) listener(code)
}

/** SIGINT; it may take its time. */
export function interrupt(machine: Machine, process: Process): void {
  machine.witness.signalled(machine, process)
  if (process.interruptMs !== null) process.after(process.interruptMs, () => end(machine, process, 130))
}

export function kill(machine: Machine, process: Process): void {
  machine.witness.signalled(machine, process)
  end(machine, process, 137)
}

/** Those that carry our marker with this host's home. */
export function marked(machine: Machine, part: Marker['part'], clusterId = ''): readonly Process[] {
  return [...machine.processes.values()].filter(
    ({ marker }) =>
      marker !== null &&
      marker.home === machine.home &&
      marker.part === part &&
      (clusterId === '' || marker.clusterId === clusterId),
  )
}
