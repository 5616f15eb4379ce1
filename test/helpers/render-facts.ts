import { type Facts, type Listener, type MarkedProcess, type Place, toolNames } from '../../src/cluster/facts.js'
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
    ['open-files', machine.openFiles ?? 'unlimited'],
    place('home', facts.home),
    place('data', facts.data),
    ...toolNames.flatMap((name) => told('tool', facts.tools[name], name)),
    ...told('node', facts.nodeVersion),
    ...told('java-home', facts.javaHome),
    ...told('java-version', facts.javaVersion),
    ...facts.ownAddresses.map((address) => ['address', address]),
    ...told('current', facts.currentRelease),
    ...facts.releases.map((id) => ['release', id]),
    ...Object.entries(facts.parts).flatMap(([id, parts]) => parts.map(({ sha256, to }) => ['part', id, sha256, to])),
    ...facts.artifacts.map((sha256, index) => ['artifact', sha256, index === 0 ? facts.storeKiB : null]),
    ...told('free-files', facts.freeFiles),
    ...Object.entries(files).flatMap(([name, sha256]) => told('hash', sha256, name)),
    ...json('receipt', facts.receipt),
    ...json('start', facts.start),
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

function place(name: string, { path, exists, writable, identity, freeKiB, filesystem }: Place): Field[] {
  return [
    name,
    path,
    exists ? 'exists' : 'missing',
    writable ? 'writable' : 'unwritable',
    identity,
    freeKiB,
    filesystem,
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
