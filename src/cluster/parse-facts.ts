import type { HostKey, Sha256 } from './cluster.js'
import { type FactFormats, type FactLine, type FactLines, readFactLines } from './fact-lines.js'
import {
  type Facts,
  type Listener,
  limitNames,
  type MarkedProcess,
  type Place,
  type PlacedArtifact,
  sessionEnds,
  type ToolName,
  toolNames,
} from './facts.js'
import type { LeaseOwner } from './receipt.js'
import { parseLeaseOwner, parseReceipt, parseStartRecord } from './records.js'

/**
 * Reads the output of `remote/facts.sh`. The format is taken strictly; what the lines hold may be anything. A receipt,
 * start record or lease that is not one counts as none.
 * @throws FactsError when this is not the whole output of that script
 */
export function parseFacts(host: HostKey, text: string): Facts {
  const told = readFactLines(host, text, formats)
  const processes = told.all('process').map(processOf)
  const ours = new Set(processes.map((process) => process.pid))
  return {
    host,
    user: { name: told.one('user').text(0), uid: told.one('user').count(1) },
    machine: machineOf(told),
    home: placeOf(told.one('home')),
    data: placeOf(told.one('data')),
    tools: toolsOf(told),
    nodeVersion: told.text('node'),
    javaHome: told.text('java-home'),
    javaVersion: told.text('java-version'),
    ownAddresses: told.all('address').map((line) => line.text(0)),
    localAddresses: told.maybe('local')?.text(0).split(' ').filter(Boolean) ?? null,
    names: namesOf(told),
    currentRelease: told.maybe('current')?.sha256(0) ?? null,
    releases: told.all('release').map((line) => line.sha256(0)),
    parts: partsOf(told),
    artifacts: told.all('artifact').map((line) => line.sha256(0)),
    arrivedKiB: told.maybe('arrived')?.count(0) ?? 0,
    storeKiB: told.all('artifact').reduce((sum, line) => sum + (line.countOrNull(1) ?? 0), 0),
    files: filesOf(told),
    keptByOthers: told.all('receipt-of').map((line) => ({ user: line.text(0), path: line.text(1) })),
    receipt: parseReceipt(told.text('receipt') ?? ''),
    start: parseStartRecord(told.text('start') ?? ''),
    stoppedStart: told.text('stopped'),
    balancerStart: parseStartRecord(told.text('balancer-start') ?? ''),
    token: told.one('token').count(0),
    lease: leaseOf(told.maybe('lease')),
    exits: Object.fromEntries(told.all('exits').map((line) => [line.text(0), line.count(1)])),
    processes,
    listeners: told.all('listener').map((line) => listenerOf(line, ours)),
    listenersSeen: told.maybe('unseen') === undefined,
  }
}

type Told = FactLines<keyof typeof formats>

const formats = {
  user: [2, 'once'],
  hostname: [1, 'once'],
  os: [1, 'once'],
  arch: [1, 'once'],
  libc: [1, 'once'],
  boot: [1, 'once'],
  cpus: [1, 'once'],
  clock: [1, 'once'],
  memory: [2, 'once'],
  'memory-limit': [1, 'at most once'],
  swap: [1, 'at most once'],
  'map-count': [1, 'at most once'],
  'huge-pages': [1, 'at most once'],
  limit: [2, 'often'],
  session: [2, 'at most once'],
  temporary: [1, 'at most once'],
  unseen: [1, 'at most once'],
  home: [9, 'once'],
  data: [9, 'once'],
  tool: [2, 'often'],
  node: [1, 'at most once'],
  'java-home': [1, 'at most once'],
  'java-version': [1, 'at most once'],
  address: [1, 'often'],
  name: [2, 'often'],
  local: [1, 'at most once'],
  current: [1, 'at most once'],
  release: [1, 'often'],
  part: [3, 'often'],
  artifact: [2, 'often'],
  arrived: [1, 'at most once'],
  hash: [2, 'often'],
  token: [1, 'once'],
  'receipt-of': [2, 'often'],
  receipt: [1, 'at most once'],
  start: [1, 'at most once'],
  stopped: [1, 'at most once'],
  'balancer-start': [1, 'at most once'],
  lease: [2, 'at most once'],
  exits: [2, 'often'],
  process: [9, 'often'],
  listener: [5, 'often'],
} as const satisfies FactFormats<string>

function machineOf(told: Told): Facts['machine'] {
  return {
    hostname: told.one('hostname').text(0),
    os: told.one('os').text(0),
    arch: told.one('arch').text(0),
    libc: told.one('libc').oneOf(0, ['glibc', 'musl', 'unknown']),
    bootId: told.one('boot').text(0),
    cpus: told.one('cpus').count(0),
    memoryKiB: told.one('memory').count(0),
    memoryAvailableKiB: told.one('memory').count(1),
    clock: told.one('clock').count(0),
    memoryLimitKiB: told.maybe('memory-limit')?.count(0) ?? null,
    swapKiB: told.maybe('swap')?.count(0) ?? null,
    maxMapCount: told.maybe('map-count')?.count(0) ?? null,
    hugePages: told.text('huge-pages'),
    limits: limitsOf(told),
    session: sessionOf(told.maybe('session')),
    temporaryNoExec: told.text('temporary') === 'noexec',
  }
}

function limitsOf(told: Told): Facts['machine']['limits'] {
  const found = new Map(told.all('limit').map((line) => [line.oneOf(0, limitNames), limitOf(line)]))
  return Object.fromEntries(limitNames.map((name) => [name, found.get(name) ?? null])) as Facts['machine']['limits']
}

/** What is too large to be counted here is no limit to anybody. */
function limitOf(line: FactLine): number {
  return /^(?:unlimited|\d{16,})$/.test(line.text(1)) ? Number.POSITIVE_INFINITY : line.count(1)
}

function sessionOf(line: FactLine | undefined): Facts['machine']['session'] {
  return line === undefined ? null : { user: line.text(0), end: line.oneOf(1, sessionEnds) }
}

/** A name without addresses is one that was not found. */
function namesOf(told: Told): Facts['names'] {
  const names = new Map<string, readonly string[]>()
  for (const line of told.all('name')) {
    const address = line.textOrNull(1)
    names.set(line.text(0), [...(names.get(line.text(0)) ?? []), ...(address === null ? [] : [address])])
  }
  return Object.fromEntries(names)
}

function placeOf(line: FactLine): Place {
  const access = line.oneOf(2, ['writable', 'unwritable', 'obstructed'])
  const flags = line.text(8).split(',')
  return {
    path: line.text(0),
    exists: line.oneOf(1, ['exists', 'missing']) === 'exists',
    writable: access === 'writable',
    obstructed: access === 'obstructed',
    identity: line.textOrNull(3),
    freeKiB: line.count(4),
    sizeKiB: line.count(5),
    freeFiles: line.countOrNull(6),
    filesystem: line.text(7),
    readOnly: flags.includes('ro'),
    noExec: flags.includes('noexec'),
  }
}

function partsOf(told: Told): Facts['parts'] {
  const parts: Record<Sha256, PlacedArtifact[]> = {}
  for (const line of told.all('part')) {
    const release = line.sha256(0)
    parts[release] = [...(parts[release] ?? []), { sha256: line.sha256(1), to: line.text(2) }]
  }
  return parts
}

function toolsOf(told: Told): Facts['tools'] {
  const found = new Map(told.all('tool').map((line) => [line.oneOf(0, toolNames), line.text(1)]))
  return Object.fromEntries(toolNames.map((name) => [name, found.get(name) ?? null])) as Record<ToolName, string | null>
}

function filesOf(told: Told): Facts['files'] {
  const names = ['cluster', 'environment', 'engines', 'balancer', 'receipt'] as const
  const hashes = new Map(told.all('hash').map((line) => [line.oneOf(0, names), line.sha256(1)]))
  const of = (name: (typeof names)[number]): Sha256 | null => hashes.get(name) ?? null
  return {
    cluster: of('cluster'),
    environment: of('environment'),
    engines: of('engines'),
    balancer: of('balancer'),
    receipt: of('receipt'),
  }
}

function leaseOf(line: FactLine | undefined): LeaseOwner | null {
  const owner = parseLeaseOwner(line?.text(1) ?? '')
  return line === undefined || owner === null ? null : { ...owner, silent: line.count(0) }
}

function processOf(line: FactLine): MarkedProcess {
  return {
    pid: line.count(0),
    startTicks: line.count(1),
    upSeconds: line.count(2),
    clusterId: line.text(3),
    part: line.oneOf(4, ['trueno', 'balancer']),
    startId: line.text(5),
    name: line.text(6),
    restarts: line.count(7),
    command: line.text(8),
  }
}

function listenerOf(line: FactLine, ours: ReadonlySet<number>): Listener {
  const pid = line.countOrNull(2)
  return {
    port: line.count(0),
    address: line.text(1),
    pid,
    user: line.textOrNull(3),
    command: line.textOrNull(4),
    ours: pid !== null && ours.has(pid),
  }
}
