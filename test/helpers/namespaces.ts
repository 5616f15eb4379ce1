import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { accessSync, constants, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'

/**
 * Machines made of Linux namespaces: each with its own network, mounts, host name and processes, and with a cable to
 * one switch. No route leads out of it, so nothing reaches the network of this machine. It all ends with this process,
 * however that ends; no name, mount or process is left.
 */
export interface Network extends AsyncDisposable {
  /** Where the switch is, and where one stands to reach the others. */
  readonly desk: Machine
  add(options: MachineOptions): Promise<Machine>
}

export interface MachineOptions {
  /** Its host name. */
  readonly name: string
  /** Last byte of its address. */
  readonly number: number
  /** Made in this order, seen by this machine only. A place below an empty one is made. */
  readonly mounts?: readonly Mount[]
}

export interface Mount {
  readonly at: string
  /** File or directory of this machine; absent: an empty directory. */
  readonly from?: string
}

export interface Machine {
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

/** What this machine lacks to make networks, for people; empty: nothing. */
export function lackingForNamespaces(): readonly string[] {
  const tools = ['ip', 'unshare', 'nsenter', 'mount', 'bash'].filter((tool) => !isOnPath(tool))
  return [
    ...(process.platform === 'linux' ? [] : ['Linux']),
    ...(userInfo().uid === 0 ? [] : ['to be root (network namespaces are made)']),
    ...tools.map((tool) => `the program ${tool}`),
  ]
}

/** @param prefix the first three bytes of all addresses, such as `10.77.0` */
export async function makeNetwork(prefix: string): Promise<Network> {
  const holders: ChildProcess[] = []
  const machine = async ({ name, number, mounts = [] }: MachineOptions, cable: Cable | null): Promise<Machine> => {
    const holder = await hold(name, mounts)
    holders.push(holder)
    return machineOf(holder.pid ?? 0, { name, address: `${prefix}.${number}`, cable })
  }
  const [desk, deskPid] = await makeDesk(machine, holders)
  return {
    desk,
    add: async (options) => {
      const added = await machine(options, { desk, port: `port${options.number}` })
      await connect(added, holders.at(-1)?.pid ?? 0, { desk, deskPid, port: `port${options.number}` })
      return added
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(holders.map(letGo))
    },
  }
}

interface Cable {
  readonly desk: Machine
  readonly port: string
}

type MakeMachine = (options: MachineOptions, cable: Cable | null) => Promise<Machine>

async function makeDesk(make: MakeMachine, holders: readonly ChildProcess[]): Promise<[Machine, number]> {
  const desk = await make({ name: 'desk', number: 1 }, null)
  await must(desk, ['ip', 'link', 'add', 'name', 'switch', 'type', 'bridge'])
  await must(desk, ['ip', 'address', 'add', `${desk.address}/24`, 'dev', 'switch'])
  await must(desk, ['ip', 'link', 'set', 'dev', 'switch', 'up'])
  return [desk, holders[0]?.pid ?? 0]
}

async function connect(
  machine: Machine,
  pid: number,
  { desk, deskPid, port }: Cable & { deskPid: number },
): Promise<void> {
  const cable = ['ip', 'link', 'add', 'name', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid)]
  // Only the network is entered: the other end is named by a process that the desk itself does not see.
  const made = await finished(spawn('nsenter', [`--net=/proc/${deskPid}/ns/net`, ...cable]))
  if (made.exitCode !== 0) throw new Error(`${cable.join(' ')}: ${made.stderr}`)
  await must(desk, ['ip', 'link', 'set', 'dev', port, 'master', 'switch', 'up'])
  await must(machine, ['ip', 'address', 'add', `${machine.address}/24`, 'dev', 'eth0'])
  await must(machine, ['ip', 'link', 'set', 'dev', 'eth0', 'up'])
}

/** Makes the namespaces, with a process that keeps them until its standard input ends. */
async function hold(name: string, mounts: readonly Mount[]): Promise<ChildProcess> {
  const flags = ['--net', '--mount', '--uts', '--ipc', '--pid', '--fork', '--kill-child', '--mount-proc']
  const places = mounts.flatMap(({ at, from = '' }) => [from, at])
  const holder = spawn('unshare', [...flags, 'bash', '-c', keep, 'bash', name, ...places], {
    stdio: 'pipe',
    // Ctrl-C at the terminal is not for them.
    detached: true,
  })
  const errors: string[] = []
  holder.stderr?.on('data', (text: Buffer) => errors.push(String(text)))
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: holder.stdout as NodeJS.ReadableStream }).once('line', () => resolve())
    holder.once('error', reject)
    holder.once('exit', () => reject(new Error(`namespaces cannot be made: ${errors.join('')}`)))
  })
  return holder
}

// Whoever loses its parent gets the first process of the namespace for one, which must not leave it a zombie: with
// SIGCHLD ignored, which dash cannot, the kernel sees to that.
const keep = `set -eu
echo "$1" >/proc/sys/kernel/hostname
shift
ip link set dev lo up
while [ $# -gt 0 ]; do
  [ -e "$2" ] || if [ -f "$1" ]; then : >"$2"; else mkdir "$2"; fi
  if [ -n "$1" ]; then mount --bind "$1" "$2"; else mount -t tmpfs -o mode=1777 none "$2"; fi
  shift 2
done
trap '' CHLD
echo ready
exec cat`

/** With the first process of a namespace, the kernel ends all others. */
async function letGo(holder: ChildProcess): Promise<void> {
  if (holder.exitCode !== null || holder.signalCode !== null) return
  const exited = new Promise((resolve) => holder.once('exit', resolve))
  holder.stdin?.end()
  await exited
}

interface Place {
  readonly name: string
  readonly address: string
  readonly cable: Cable | null
}

function machineOf(pid: number, { name, address, cable }: Place): Machine {
  const namespaces = ['net', 'uts', 'ipc'].map((kind) => `--${kind}=/proc/${pid}/ns/${kind}`)
  const enter = [...namespaces, `--mount=/proc/${pid}/ns/mnt`, `--pid=/proc/${pid}/ns/pid_for_children`, '--']
  const turn = async (state: 'up' | 'down'): Promise<void> => {
    if (cable !== null) await must(cable.desk, ['ip', 'link', 'set', 'dev', cable.port, state])
  }
  return {
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

async function must(machine: Machine, command: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await machine.run(command)
  if (exitCode !== 0) throw new Error(`${machine.name}: ${command.join(' ')}: ${stderr}`)
}

function finished(child: ChildProcess, onOutput: (text: string) => void = () => undefined): Promise<Ran> {
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

function isOnPath(tool: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, tool), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
