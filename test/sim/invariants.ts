import type { HostKey } from '../../src/cluster/cluster.js'
import type { Clock } from './clock.js'
import type { Machine } from './model/machine.js'
import { marked, type Process } from './model/process.js'
import type { Witness } from './model/witness.js'

/** Watches what may never happen, whatever goes wrong, and keeps a trace for whoever has to find out why it did. */
export interface Invariants extends Witness {
  readonly violations: readonly string[]
  readonly trace: readonly string[]
  /** Scripts that changed something on a host, so far. */
  readonly writes: number
  violated(text: string): void
  /** A command sets out: from now on the coordinator has to be up again before others are started. */
  commandBegins(): void
}

export interface InvariantOptions {
  readonly clock: Clock
  readonly coordinator: HostKey
  readonly machines: ReadonlyMap<HostKey, Machine>
}

/** The longest trace that is kept, in lines. */
const longestTrace = 5000

export function createInvariants({ clock, coordinator, machines }: InvariantOptions): Invariants {
  const violations: string[] = []
  const trace: string[] = []
  const began = clock.now()
  let awaited = false
  let writes = 0
  const keepers = new Map<number, HostKey>()
  const newest = new Map<HostKey, number>()

  const note = (text: string): void => {
    trace.push(`${((clock.now() - began) / 1000).toFixed(3).padStart(9)} ${text}`)
    if (trace.length > longestTrace) trace.shift()
  }
  const violated = (text: string): void => {
    violations.push(text)
    note(`VIOLATION ${text}`)
  }
  return {
    violations,
    trace,
    get writes() {
      return writes
    },
    note,
    violated,
    commandBegins: () => {
      const machine = machines.get(coordinator)
      awaited &&= machine !== undefined && coreOf(machine) !== undefined
    },
    spawned: (machine, process) => {
      note(`${machine.key}: ${process.name || process.command} begins (pid ${process.pid})`)
      const twins = twinsOf(machine, process)
      if (twins.length > 0) violated(`${machine.key}: ${process.name || process.command} runs twice`)
    },
    signalled: (machine, { pid, command, marker }) => {
      if (marker?.home !== machine.home) violated(`${machine.key}: ${command} (${pid}) is not ours and was signalled`)
    },
    started: (machine, startId) => {
      note(`${machine.key}: start ${startId}`)
      if (machine.key === coordinator) awaited = false
      else if (!awaited) violated(`${machine.key} is started before the coordinator awaits it`)
    },
    awaits: ({ key }) => {
      note(`${key}: core awaits the others`)
      if (key === coordinator) awaited = true
    },
    letIn: ({ key }, script, token) => {
      writes += 1
      if (script === 'stop' && key === coordinator) awaited = false
      const latest = newest.get(keepers.get(token) ?? '')
      if (token !== latest) violated(`${key}: ${script} was let in with token ${token}, the lease has ${latest}`)
    },
    leaseTaken: ({ key }, token) => {
      writes += 1
      note(`${key}: lease taken with token ${token}`)
      keepers.set(token, key)
      newest.set(key, token)
    },
  }
}

/** What this host may run only once, and runs already. */
function twinsOf(machine: Machine, process: Process): readonly Process[] {
  const { marker, name } = process
  if (marker?.part !== 'trueno') return []
  return marked(machine, 'trueno').filter((other) => other !== process && other.name === name)
}

export function coreOf(machine: Machine): Process | undefined {
  return marked(machine, 'trueno').find(({ name }) => name === 'Trueno-Core')
}
