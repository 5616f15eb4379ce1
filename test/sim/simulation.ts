import type { Cluster, HostKey } from '../../src/cluster/cluster.js'
import type { ReleaseAtHand } from '../../src/commands/context.js'
import type { Release } from '../../src/trueno/release.js'
import { type Chance, createChance } from './chance.js'
import { type Clock, createClock } from './clock.js'
import { createInvariants, type Invariants } from './invariants.js'
import { createMachine, type Machine, powerOff, powerOn } from './model/machine.js'
import { createNetwork, type Network } from './model/network.js'
import { spawn } from './model/process.js'
import { createWeather, type Weather } from './weather.js'
import type { Wire } from './wire.js'

/** A laptop, hosts, and time, all of which do the same again for the same seed. */
export interface Simulation {
  readonly chance: Chance
  readonly clock: Clock
  readonly machines: ReadonlyMap<HostKey, Machine>
  readonly network: Network
  readonly weather: Weather
  readonly invariants: Invariants
  /** All links ever made to a host. */
  readonly wires: ReadonlyMap<HostKey, Set<Wire>>
  /** Take back faults that have not happened yet. */
  readonly plannedFaults: Set<() => void>
  /** Connections that a command has opened and not closed. */
  openConnections: number
}

export function createSimulation(seed: number, cluster: Pick<Cluster, 'coordinator' | 'hosts'>): Simulation {
  const chance = createChance(seed)
  const clock = createClock(createChance(chance.whole(0, 2 ** 31)))
  const machines = new Map<HostKey, Machine>()
  const invariants = createInvariants({ clock, coordinator: cluster.coordinator, machines })
  for (const { key } of cluster.hosts) {
    const own = createChance(chance.whole(0, 2 ** 31))
    const machine = createMachine({ key, clock, chance: own, witness: invariants })
    admitStrangers(machine)
    machines.set(key, machine)
  }
  return {
    chance,
    clock,
    machines,
    network: createNetwork(machines),
    weather: createWeather(createChance(chance.whole(0, 2 ** 31))),
    invariants,
    wires: new Map(cluster.hosts.map(({ key }) => [key, new Set<Wire>()])),
    plannedFaults: new Set(),
    openConnections: 0,
  }
}

/** After so long without an answer a link is given up (ssh/target-settings.ts). */
const keepaliveMs = 30_000

/** Nothing gets through to a host for a while, though all goes on there. */
export function silence({ clock, wires }: Simulation, machine: Machine, forMs: number): void {
  machine.witness.note(`${machine.key}: silent for ${Math.round(forMs / 1000)} s`)
  machine.silentUntil = Math.max(machine.silentUntil, clock.now() + forMs)
  const broken = [...(wires.get(machine.key) ?? [])]
  clock.after(keepaliveMs, () => {
    if (machine.silentUntil > clock.now()) for (const wire of broken) wire.break('no sign of life')
  })
}

/** A host loses its power; who is connected to it finds out later. */
export function blackout({ clock, wires, chance }: Simulation, machine: Machine): void {
  if (!machine.up) return
  machine.witness.note(`${machine.key}: power off`)
  powerOff(machine)
  const broken = [...(wires.get(machine.key) ?? [])]
  clock.after(chance.between(0, keepaliveMs), () => {
    for (const wire of broken) wire.break('the host is gone')
  })
}

export function restorePower(machine: Machine): void {
  if (machine.up) return
  powerOn(machine)
  admitStrangers(machine)
  machine.witness.note(`${machine.key}: power on, boot ${machine.boots}`)
}

/** What runs on every host and is nobody's business: the user's own pm2, and a Trueno of another directory. */
const strangers = [
  { name: '', command: 'PM2 v5.3.0: God Daemon (/home/trueno/.pm2)', marker: null },
  { name: 'web-shop', command: 'node shop.js', marker: null },
  {
    name: 'Trueno-Core',
    command: 'node trueno-post-start.js',
    marker: { clusterId: 'f'.repeat(32), home: '/home/trueno/other', part: 'trueno', startId: '1-1' },
  },
] as const

function admitStrangers(machine: Machine): void {
  for (const stranger of strangers) spawn(machine, { ...stranger, interruptMs: 100 })
}

/** Whether all of them are still there. */
export function strangersLive(machine: Machine): boolean {
  const commands = [...machine.processes.values()].filter(({ marker }) => marker?.home !== machine.home)
  return commands.length === strangers.length
}

/** A release whose bytes are its artifacts' names. */
export function atHand(release: Release): ReleaseAtHand {
  return {
    release,
    open: async (artifact) => ({
      encoding: 'tar',
      sha256: artifact,
      bytes: artifact.length,
      read: async function* (from = 0) {
        if (from < 40) yield Buffer.from(artifact.slice(from, 40))
        yield Buffer.from(artifact.slice(Math.max(from, 40)))
      },
    }),
  }
}
