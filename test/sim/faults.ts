import type { HostKey } from '../../src/cluster/cluster.js'
import { type Cluster, members } from '../../src/cluster/cluster.js'
import { type ComponentName, components, componentsOf } from '../../src/trueno/components.js'
import type { Chance } from './chance.js'
import type { Machine } from './model/machine.js'
import { end, marked, spawn } from './model/process.js'
import { blackout, restorePower, type Simulation, silence } from './simulation.js'

/** Something that goes wrong. Times are milliseconds from when it is let loose. */
export type Fault =
  /** Each journey between laptop and hosts may break the link. */
  | { readonly kind: 'lossy'; readonly probability: number }
  | { readonly kind: 'linkLost'; readonly host: HostKey; readonly atMs: number }
  | { readonly kind: 'silent'; readonly host: HostKey; readonly atMs: number; readonly forMs: number }
  /** Comes back after `forMs`, at the latest when the faults end. */
  | { readonly kind: 'blackout'; readonly host: HostKey; readonly atMs: number; readonly forMs: number }
  | { readonly kind: 'slow'; readonly host: HostKey; readonly component: ComponentName; readonly times: number }
  /** From then on a component ends each time after `livesMs`; the one that runs then ends at once. */
  | {
      readonly kind: 'crashLoop'
      readonly host: HostKey
      readonly component: ComponentName
      readonly livesMs: number
      readonly atMs: number
    }
  /** `kill -9` of a process by pm2's name; the empty name is pm2's daemon. */
  | { readonly kind: 'killed'; readonly host: HostKey; readonly process: string; readonly atMs: number }
  | { readonly kind: 'portTaken'; readonly host: HostKey; readonly port: number; readonly atMs: number }
  /** Core's one question to Elasticsearch finds nobody (contract, 6.5). */
  | { readonly kind: 'pingFails'; readonly host: HostKey }
  | { readonly kind: 'diskFull'; readonly host: HostKey; readonly atMs: number }

const letLoose = {
  lossy: ({ weather }, { probability }) => {
    weather.lossy = probability
  },
  linkLost: (sim, { host, atMs }) => {
    later(sim, atMs, () => {
      for (const wire of sim.wires.get(host) ?? []) wire.break('cut')
    })
  },
  silent: (sim, { host, atMs, forMs }) => {
    later(sim, atMs, () => silence(sim, machineOf(sim, host), forMs))
  },
  blackout: (sim, { host, atMs, forMs }) => {
    later(sim, atMs, () => blackout(sim, machineOf(sim, host)))
    later(sim, atMs + forMs, () => restorePower(machineOf(sim, host)))
  },
  slow: (sim, { host, component, times }) => {
    machineOf(sim, host).troubles.set(component, { slowness: times })
  },
  crashLoop: (sim, { host, component, livesMs, atMs }) => {
    later(sim, atMs, () => {
      machineOf(sim, host).troubles.set(component, { livesMs })
      killByName(machineOf(sim, host), components.find(({ name }) => name === component)?.process ?? '')
    })
  },
  killed: (sim, { host, process, atMs }) => {
    later(sim, atMs, () => killByName(machineOf(sim, host), process))
  },
  portTaken: (sim, { host, port, atMs }) => {
    later(sim, atMs, () => takePort(machineOf(sim, host), port))
  },
  pingFails: (sim, { host }) => {
    machineOf(sim, host).troubles.set('core', { failsPing: true })
  },
  diskFull: (sim, { host, atMs }) => {
    later(sim, atMs, () => {
      machineOf(sim, host).disk.isFull = true
    })
  },
} satisfies { [Kind in Fault['kind']]: (sim: Simulation, fault: Extract<Fault, { kind: Kind }>) => void }

/** Does something later, unless the faults are over by then. */
function later(sim: Simulation, ms: number, action: () => void): void {
  sim.plannedFaults.add(sim.clock.after(ms, action))
}

export function bring(sim: Simulation, faults: readonly Fault[]): void {
  for (const fault of faults) {
    sim.invariants.note(`fault ${JSON.stringify(fault)}`)
    letLoose[fault.kind](sim, fault as never)
  }
}

/** The faults are over: hosts are on and answer, components come up, ports are free, links hold. */
export function heal(sim: Simulation): void {
  sim.invariants.note('the faults are over')
  sim.weather.lossy = 0
  for (const cancel of sim.plannedFaults) cancel()
  sim.plannedFaults.clear()
  for (const machine of sim.machines.values()) {
    machine.troubles.clear()
    machine.disk.isFull = false
    machine.silentUntil = 0
    restorePower(machine)
    for (const { process } of [...machine.ports.values()]) if (process.marker === null) end(machine, process, 0)
  }
}

function machineOf({ machines }: Simulation, host: HostKey): Machine {
  const machine = machines.get(host)
  if (machine === undefined) throw new Error(`no model host ${host}`)
  return machine
}

function killByName(machine: Machine, name: string): void {
  for (const process of marked(machine, 'trueno')) {
    if (process.name !== name) continue
    machine.witness.note(`${machine.key}: kill -9 of ${name || "pm2's daemon"}`)
    end(machine, process, 137)
  }
}

function takePort(machine: Machine, port: number): void {
  if (!machine.up || machine.ports.has(port)) return
  const squatter = spawn(machine, { name: '', command: 'nc -l', marker: null, interruptMs: 0 })
  squatter.listen(port)
}

/** How long, from their beginning on, faults may begin. */
const periodMs = 120_000

/** Some faults, as chance has it; often none, mostly few. */
export function drawFaults(chance: Chance, cluster: Cluster): readonly Fault[] {
  const count = chance.pick([0, 1, 1, 2, 2, 3, 5])
  return Array.from({ length: count }, () => draw[chance.pick(kinds)](chance, cluster))
}

const draw = {
  lossy: (chance) => ({ kind: 'lossy', probability: chance.pick([0.01, 0.05, 0.2]) }),
  linkLost: (chance, cluster) => ({ kind: 'linkLost', host: anyHost(chance, cluster), atMs: soon(chance) }),
  silent: (chance, cluster) => ({
    kind: 'silent',
    host: anyHost(chance, cluster),
    atMs: soon(chance),
    forMs: chance.pick([5000, 25_000, 40_000, 200_000]),
  }),
  blackout: (chance, cluster) => ({
    kind: 'blackout',
    host: anyHost(chance, cluster),
    atMs: soon(chance),
    forMs: chance.pick([20_000, 90_000, 3_600_000]),
  }),
  slow: (chance, cluster) => ({ kind: 'slow', ...anyComponent(chance, cluster), times: chance.pick([3, 10, 40]) }),
  crashLoop: (chance, cluster) => ({
    kind: 'crashLoop',
    ...anyComponent(chance, cluster),
    livesMs: chance.pick([100, 2000]),
    atMs: chance.pick([0, soon(chance)]),
  }),
  killed: (chance, cluster) => ({
    kind: 'killed',
    host: anyHost(chance, cluster),
    process: chance.pick([
      '',
      'Trueno-Core',
      'Gremlin-Server',
      'Elasticsearch',
      'Spark-Master',
      'Spark-Worker',
      'Cerebro',
    ]),
    atMs: soon(chance),
  }),
  portTaken: (chance, cluster) => ({
    kind: 'portTaken',
    host: anyHost(chance, cluster),
    port: chance.pick([8000, 8001, 8002, 8004, 8005, 8008, 9000]),
    atMs: soon(chance),
  }),
  pingFails: (chance, cluster) => ({ kind: 'pingFails', host: anyHost(chance, cluster) }),
  diskFull: (chance, cluster) => ({ kind: 'diskFull', host: anyHost(chance, cluster), atMs: soon(chance) }),
} satisfies { [Kind in Fault['kind']]: (chance: Chance, cluster: Cluster) => Extract<Fault, { kind: Kind }> }

/** Power fails as often as three others. */
const kinds: readonly Fault['kind'][] = [...(Object.keys(draw) as Fault['kind'][]), 'blackout', 'blackout']

function soon(chance: Chance): number {
  return chance.between(0, chance.pick([2000, 40_000, 40_000, periodMs]))
}

function anyHost(chance: Chance, { hosts, coordinator }: Cluster): HostKey {
  return chance.happens(0.4) ? coordinator : chance.pick(hosts).key
}

function anyComponent(chance: Chance, cluster: Cluster): { readonly host: HostKey; readonly component: ComponentName } {
  const host = chance.pick(members(cluster))
  const engines = componentsOf(host, cluster).filter(({ name }) => name !== 'core')
  return { host: host.key, component: chance.pick(engines).name }
}
