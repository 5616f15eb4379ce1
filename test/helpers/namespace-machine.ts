import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** A machine that is made of namespaces. */
export interface Machine {
  /** The process that made its namespaces, as seen from outside. */
  readonly pid: number
  readonly name: string
  readonly address: string
  /** Runs a program there, as root, with nothing on its standard input. */
  run(command: readonly string[], options?: RunOptions): Promise<Ran>
  /** Starts a program there, as root. */
  spawn(command: readonly string[], options?: SpawnOptions): ChildProcess
  /** Pulls the cable, and puts it in again. */
  unplug(): Promise<void>
  plug(): Promise<void>
  /** What runs there. */
  processes(): readonly MachineProcess[]
  /** TCP ports that something listens on there, ascending. */
  listeningPorts(): readonly number[]
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv
  /** Called with each piece of its standard output and error. */
  readonly onOutput?: (text: string) => void
}

/** How a program ended; a failure does not throw. */
export interface Ran {
  /** Null when a signal ended it. */
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface MachineProcess {
  /** As seen from outside. */
  readonly pid: number
  readonly uid: number
  readonly command: string
}

export interface Cable {
  readonly desk: Machine
  readonly port: string
}

export interface MachineParts extends Pick<Machine, 'pid' | 'name' | 'address'> {
  /** The end of its cable at the switch; null: it is the machine with the switch. */
  readonly cable: Cable | null
}

export function machineOf({ pid, name, address, cable }: MachineParts): Machine {
  const namespaces = ['net', 'uts', 'ipc'].map((kind) => `--${kind}=/proc/${pid}/ns/${kind}`)
  const enter = [...namespaces, `--mount=/proc/${pid}/ns/mnt`, `--pid=/proc/${pid}/ns/pid_for_children`, '--']
  const turn = async (state: 'up' | 'down'): Promise<void> => {
    if (cable !== null) await must(cable.desk, ['ip', 'link', 'set', 'dev', cable.port, state])
  }
  return {
    pid,
    name,
    address,
    run: (command, { env, onOutput } = {}) =>
      finished(spawn('nsenter', [...enter, ...command], { env, stdio: ['ignore', 'pipe', 'pipe'] }), onOutput),
    spawn: (command, more = {}) => spawn('nsenter', [...enter, ...command], more),
    unplug: () => turn('down'),
    plug: () => turn('up'),
    processes: () => processesIn(readlinkSync(`/proc/${pid}/ns/pid_for_children`)),
    listeningPorts: () => listening(pid),
  }
}

/** Runs what cannot fail. */
export async function must(machine: Machine, command: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await machine.run(command)
  if (exitCode !== 0) throw new Error(`${machine.name}: ${command.join(' ')}: ${stderr}`)
}

/** Resolves when a program has ended and has told all. */
export function finished(child: ChildProcess, onOutput: (text: string) => void = () => undefined): Promise<Ran> {
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (piece: string) => {
      text[name] += piece
      onOutput(piece)
    })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ exitCode, ...text }))
  })
}

function processesIn(namespace: string): readonly MachineProcess[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || quietly(() => readlinkSync(`/proc/${name}/ns/pid`)) !== namespace) return []
    const status = quietly(() => readFileSync(`/proc/${name}/status`, 'utf8'))
    const command = quietly(() => readFileSync(`/proc/${name}/cmdline`, 'utf8')).replace(/\0+/g, ' ')
    return status === '' || /^State:\s+Z/m.test(status)
      ? []
      : [{ pid: Number(name), uid: Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]), command }]
  })
}

const stateListening = '0A'

function listening(pid: number): readonly number[] {
  const lines = ['tcp', 'tcp6'].flatMap((table) => readFileSync(`/proc/${pid}/net/${table}`, 'utf8').split('\n'))
  const sockets = lines.map((line) => line.trim().split(/\s+/)).filter((fields) => fields[3] === stateListening)
  return [...new Set(sockets.map((fields) => Number.parseInt(fields[1]?.split(':')[1] ?? '', 16)))].sort(
    (a, b) => a - b,
  )
}

function quietly(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
