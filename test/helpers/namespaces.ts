import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Cable, finished, type Machine, machineOf, must } from './namespace-machine.js'

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
  const make = async ({ name, number, mounts = [] }: MachineOptions, cable: Cable | null): Promise<Machine> => {
    const holder = await hold(name, mounts)
    holders.push(holder)
    return machineOf({ pid: holder.pid ?? 0, name, address: `${prefix}.${number}`, cable })
  }
  const desk = await make({ name: 'desk', number: 1 }, null)
  await makeSwitch(desk)
  return {
    desk,
    add: async (options) => {
      const cable = { desk, port: `port${options.number}` }
      const machine = await make(options, cable)
      await connect(machine, cable)
      return machine
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(holders.map(letGo))
    },
  }
}

async function makeSwitch(desk: Machine): Promise<void> {
  await must(desk, ['ip', 'link', 'add', 'name', 'switch', 'type', 'bridge'])
  await must(desk, ['ip', 'address', 'add', `${desk.address}/24`, 'dev', 'switch'])
  await must(desk, ['ip', 'link', 'set', 'dev', 'switch', 'up'])
}

async function connect(machine: Machine, { desk, port }: Cable): Promise<void> {
  const cable = ['ip', 'link', 'add', 'name', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `${machine.pid}`]
  // Only the network of the desk is entered: a process of another machine cannot be named from inside of it.
  const made = await finished(spawn('nsenter', [`--net=/proc/${desk.pid}/ns/net`, ...cable]))
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
