import {
  type Facts,
  type Listener,
  limitNames,
  type MarkedProcess,
  type Place,
  toolNames,
} from '../../src/cluster/facts.js'
import type { LeaseOwner } from '../../src/cluster/receipt.js'

type Field = string | number | null

/** What `remote/facts.sh` would print on a host of which these are the facts. */
export function renderFacts(facts: Facts): string {
  const { user, machine, files } = facts
  const lines: (readonly Field[])[] = [
    ['facts', 1],
    ['user', user.name, user.uid],
    ['hostname', machine.hostname],
    ['os', machine.os],
    ['arch', machine.arch],
    ['libc', machine.libc],
    ['boot', machine.bootId],
    ['cpus', machine.cpus],
    ['clock', machine.clock],
    ['memory', machine.memoryKiB, machine.memoryAvailableKiB],
    ...told('map-count', machine.maxMapCount),
    ...told('memory-limit', machine.memoryLimitKiB),
    ...told('swap', machine.swapKiB),
    ...told('huge-pages', machine.hugePages),
    ...limitNames.flatMap((name) => told('limit', limit(machine.limits[name]), name)),
    ...session(machine.session),
    ...(machine.temporaryNoExec ? [['temporary', 'noexec']] : []),
    ...(facts.listenersSeen ? [] : [['unseen', 'listeners']]),
    place('home', facts.home),
    place('data', facts.data),
    ...toolNames.flatMap((name) => told('tool', facts.tools[name], name)),
    ...told('node', facts.nodeVersion),
    ...told('java-home', facts.javaHome),
    ...told('java-version', facts.javaVersion),
    ...facts.ownAddresses.map((address) => ['address', address]),
    ...told('local', facts.localAddresses?.join(' ') ?? null),
    ...Object.entries(facts.names).flatMap(([name, found]) => nameLines(name, found)),
    ...told('current', facts.currentRelease),
    ...facts.releases.map((id) => ['release', id]),
    ...Object.entries(facts.parts).flatMap(([id, parts]) => parts.map(({ sha256, to }) => ['part', id, sha256, to])),
    ...facts.artifacts.map((sha256, index) => ['artifact', sha256, index === 0 ? facts.storeKiB : null]),
    ...told('arrived', facts.arrivedKiB || null),
    ...Object.entries(files).flatMap(([name, sha256]) => told('hash', sha256, name)),
    ...facts.keptByOthers.map(({ user, path }) => ['receipt-of', user, path]),
    ...json('receipt', facts.receipt),
    ...json('start', facts.start),
    ...told('stopped', facts.stoppedStart),
    ...json('balancer-start', facts.balancerStart),
    ['token', facts.token],
    ...lease(facts.lease),
    ...Object.entries(facts.exits).map(([name, count]) => ['exits', name, count]),
    ...facts.processes.map(process),
    ...facts.listeners.map(listener),
    ['end'],
  ]
  return lines.map((fields) => `${fields.map(field).join('\t')}\n`).join('')
}

function field(value: Field): string {
  return String(value ?? '').replaceAll(/[\t\n]/g, ' ')
}

function told(name: string, value: Field, before?: string): Field[][] {
  return value === null ? [] : [[name, ...(before === undefined ? [] : [before]), value]]
}

function json(name: string, value: object | null): Field[][] {
  return value === null ? [] : [[name, JSON.stringify(value)]]
}

function limit(value: number | null): Field {
  return value === Number.POSITIVE_INFINITY ? 'unlimited' : value
}

function session(one: Facts['machine']['session']): Field[][] {
  return one === null ? [] : [['session', one.user, one.end]]
}

function nameLines(name: string, found: readonly string[]): Field[][] {
  return found.length === 0 ? [['name', name, null]] : found.map((address) => ['name', name, address])
}

function place(name: string, { path, exists, writable, identity, freeKiB, ...disk }: Place): Field[] {
  return [
    name,
    path,
    exists ? 'exists' : 'missing',
    writable ? 'writable' : disk.obstructed ? 'obstructed' : 'unwritable',
    identity,
    freeKiB,
    disk.sizeKiB,
    disk.freeFiles,
    disk.filesystem,
    [disk.readOnly && 'ro', disk.noExec && 'noexec'].filter(Boolean).join(','),
  ]
}

function lease(owner: LeaseOwner | null): Field[][] {
  if (owner === null) return []
  const { silent, ...file } = owner
  return [['lease', silent, JSON.stringify(file)]]
}

function process(one: MarkedProcess): Field[] {
  const { pid, startTicks, upSeconds, clusterId, part, startId, name, restarts, command } = one
  return ['process', pid, startTicks, upSeconds, clusterId, part, startId, name, restarts, command]
}

function listener({ port, address, pid, user, command }: Listener): Field[] {
  return ['listener', port, address, pid, user, command]
}
