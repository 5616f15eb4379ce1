import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FactsError } from '../../src/cluster/fact-lines.js'
import { type Facts, type Place, sessionEnds, toolNames } from '../../src/cluster/facts.js'
import { parseFacts } from '../../src/cluster/parse-facts.js'
import type { LeaseOwner, Receipt, StartRecord } from '../../src/cluster/receipt.js'
import { renderFacts } from '../helpers/render-facts.js'

const a = 'a'.repeat(64)
const b = 'b'.repeat(64)

const bare = `facts\t1
user\ttrueno\t1000
hostname\tnode1
os\tDebian GNU/Linux 12 (bookworm)
arch\tx86_64
libc\tglibc
boot\te497c3a5-06c7-49a4-b14d-873c7fa1d061
cpus\t4
clock\t1700000000
memory\t8000000\t7000000
home\t/home/trueno/trueno\tmissing\twritable\t\t1000\t9000\t\text4\t
data\t/data\texists\tobstructed\t2049:12\t2000\t8000\t77\txfs\tro,noexec
token\t0
end
`

const bareFacts: Facts = {
  host: 'node1.lab',
  user: { name: 'trueno', uid: 1000 },
  machine: {
    hostname: 'node1',
    os: 'Debian GNU/Linux 12 (bookworm)',
    arch: 'x86_64',
    libc: 'glibc',
    bootId: 'e497c3a5-06c7-49a4-b14d-873c7fa1d061',
    cpus: 4,
    memoryKiB: 8_000_000,
    memoryAvailableKiB: 7_000_000,
    clock: 1_700_000_000,
    memoryLimitKiB: null,
    swapKiB: null,
    maxMapCount: null,
    hugePages: null,
    limits: { 'open-files': null, threads: null, 'address-space': null, 'locked-memory': null },
    session: null,
    temporaryNoExec: false,
  },
  home: {
    path: '/home/trueno/trueno',
    exists: false,
    writable: true,
    obstructed: false,
    identity: null,
    freeKiB: 1000,
    sizeKiB: 9000,
    freeFiles: null,
    filesystem: 'ext4',
    readOnly: false,
    noExec: false,
  },
  data: {
    path: '/data',
    exists: true,
    writable: false,
    obstructed: true,
    identity: '2049:12',
    freeKiB: 2000,
    sizeKiB: 8000,
    freeFiles: 77,
    filesystem: 'xfs',
    readOnly: true,
    noExec: true,
  },
  tools: { bash: null, tar: null, gzip: null, sha256sum: null, node: null, java: null },
  nodeVersion: null,
  javaHome: null,
  javaVersion: null,
  ownAddresses: [],
  localAddresses: null,
  names: {},
  currentRelease: null,
  releases: [],
  parts: {},
  artifacts: [],
  arrivedKiB: 0,
  storeKiB: 0,
  files: { cluster: null, environment: null, engines: null, balancer: null, receipt: null },
  keptByOthers: [],
  receipt: null,
  start: null,
  stoppedStart: null,
  balancerStart: null,
  token: 0,
  lease: null,
  exits: {},
  processes: [],
  listeners: [],
  listenersSeen: true,
}

/** The facts of a bare host with more lines. */
function parse(...lines: string[]): Facts {
  return parseFacts('node1.lab', bare.replace(/end\n$/, `${[...lines, 'end'].join('\n')}\n`))
}

describe('a host', () => {
  test('with nothing of ours has what it is and nulls', () => {
    expect(parse()).toEqual(bareFacts)
  })

  test('says its tools, versions, addresses, limits', () => {
    const lines = ['tool\tbash\t/bin/bash', 'tool\tnode\t/opt/node 8/bin/node', 'node\t8.17.0', 'map-count\t65530']
    const java = ['java-home\t/opt/java', 'java-version\tjava version "11.0.13"']
    expect(parse(...lines, ...java, 'address\t10.0.0.1', 'address\tfe80::1')).toEqual({
      ...bareFacts,
      machine: { ...bareFacts.machine, maxMapCount: 65_530 },
      tools: { ...bareFacts.tools, bash: '/bin/bash', node: '/opt/node 8/bin/node' },
      nodeVersion: '8.17.0',
      javaHome: '/opt/java',
      javaVersion: 'java version "11.0.13"',
      ownAddresses: ['10.0.0.1', 'fe80::1'],
    })
  })

  test('says what is staged and configured', () => {
    const lines = [
      `current\t${a}`,
      `release\t${a}`,
      `release\t${b}`,
      `part\t${a}\t${b}\t`,
      `part\t${a}\t${a}\tlib/an engine`,
      `artifact\t${b}\t12`,
      `artifact\t${a}\t`,
      'arrived\t5',
      `hash\tcluster\t${a}`,
      `hash\treceipt\t${b}`,
      'receipt-of\telastic\t/home/elastic/trueno',
    ]
    expect(parse(...lines)).toEqual({
      ...bareFacts,
      currentRelease: a,
      releases: [a, b],
      parts: {
        [a]: [
          { sha256: b, to: '' },
          { sha256: a, to: 'lib/an engine' },
        ],
      },
      artifacts: [b, a],
      arrivedKiB: 5,
      storeKiB: 12,
      files: { cluster: a, environment: null, engines: null, balancer: null, receipt: b },
      keptByOthers: [{ user: 'elastic', path: '/home/elastic/trueno' }],
    })
  })

  test('says its limits, of which some are none, and what it could not see', () => {
    const limits = ['limit\topen-files\tunlimited', 'limit\tthreads\t4096', 'swap\t0', 'memory-limit\t5']
    const more = ['huge-pages\talways', 'session\tann\tkills', 'temporary\tnoexec', 'unseen\tlisteners']
    expect(parse(...limits, ...more)).toEqual({
      ...bareFacts,
      machine: {
        ...bareFacts.machine,
        limits: { 'open-files': Number.POSITIVE_INFINITY, threads: 4096, 'address-space': null, 'locked-memory': null },
        swapKiB: 0,
        memoryLimitKiB: 5,
        hugePages: 'always',
        session: { user: 'ann', end: 'kills' },
        temporaryNoExec: true,
      },
      listenersSeen: false,
    })
  })

  test('says which addresses names have there, and which names it does not find', () => {
    expect(parse('local\t').localAddresses).toEqual([])
    expect(parse('local\t10.0.0.1 10.1.0.1').localAddresses).toEqual(['10.0.0.1', '10.1.0.1'])
    expect(parse('name\ta.lab\t10.0.0.1', 'name\tb.lab\t', 'name\ta.lab\t10.0.0.2').names).toEqual({
      'a.lab': ['10.0.0.1', '10.0.0.2'],
      'b.lab': [],
    })
  })

  test('says its processes, and a listener is ours when its process is', () => {
    const processes = [
      'process\t7\t123\t60\tc1\ttrueno\t1-2\tTrueno-Core\t3\tnode core.js',
      'process\t8\t124\t60\tc1\tbalancer\t\t\t0\t',
    ]
    const listeners = [
      'listener\t8000\t*\t7\ttrueno\tnode core.js',
      'listener\t8001\t127.0.0.1\t9\troot\tother',
      'listener\t8002\t::1\t\t\t',
    ]
    const facts = parse(...processes, ...listeners)
    expect(facts.processes).toEqual([
      {
        pid: 7,
        startTicks: 123,
        upSeconds: 60,
        clusterId: 'c1',
        part: 'trueno',
        startId: '1-2',
        name: 'Trueno-Core',
        restarts: 3,
        command: 'node core.js',
      },
      {
        pid: 8,
        startTicks: 124,
        upSeconds: 60,
        clusterId: 'c1',
        part: 'balancer',
        startId: '',
        name: '',
        restarts: 0,
        command: '',
      },
    ])
    expect(facts.listeners).toEqual([
      { port: 8000, address: '*', pid: 7, user: 'trueno', command: 'node core.js', ours: true },
      { port: 8001, address: '127.0.0.1', pid: 9, user: 'root', command: 'other', ours: false },
      { port: 8002, address: '::1', pid: null, user: null, command: null, ours: false },
    ])
  })
})

describe('a record on the disk', () => {
  const start = { id: '1-2', time: 1, bootId: 'x', release: a, clusterFile: a, environment: b }
  const owner = { token: 3, who: 'me@laptop', purpose: 'up', since: 5 }

  test('is read when it is one', () => {
    const facts = parse(`start\t${JSON.stringify(start)}`, `lease\t12\t${JSON.stringify(owner)}`)
    expect(facts.start).toEqual(start)
    expect(facts.lease).toEqual({ ...owner, silent: 12 })
  })

  test.each([
    ['cut off', '{"id":"1-2","ti'],
    ['of another kind', '[]'],
    ['null', 'null'],
    ['without a key', JSON.stringify({ ...start, release: undefined })],
    ['with a value of another type', JSON.stringify({ ...start, time: 'now' })],
    ['hostile', '"\u0000__proto__'],
  ])('is none when it is %s', (_, text) => {
    expect(parse(`start\t${text}`, `balancer-start\t${text}`, `receipt\t${text}`, `lease\t1\t${text}`)).toEqual(
      bareFacts,
    )
  })
})

describe('what is not facts', () => {
  test.each([
    ['nothing', ''],
    ['a login message', 'Welcome!\n'],
    ['the facts of another version', bare.replace('facts\t1', 'facts\t2')],
    ['facts that are cut off', bare.slice(0, -30)],
    ['facts that are cut off at a line end', bare.replace('end\n', '')],
    ['only a beginning', 'facts\t1'],
    ['a line that is none', bare.replace('end', 'Last login: today\nend')],
    ['a name from the prototype', bare.replace('end', 'constructor\tx\nend')],
    ['a fact that is missing', bare.replace(/token.*\n/, '')],
    ['a fact told twice', bare.replace('end', 'token\t1\nend')],
    ['a line with too few fields', bare.replace('user\ttrueno\t1000', 'user\ttrueno')],
    ['a line with too many fields', bare.replace('cpus\t4', 'cpus\t4\t5')],
    ['a number that is none', bare.replace('cpus\t4', 'cpus\t-4')],
    ['a number too large', bare.replace('cpus\t4', 'cpus\t99999999999999999')],
    ['a word that is not foreseen', bare.replace('glibc', 'uclibc')],
    ['a hash that is none', bare.replace('end', 'release\t../../etc\nend')],
    ['a tool that nobody asked for', bare.replace('end', 'tool\trm\t/bin/rm\nend')],
  ])('%s is an error with the code not-facts', (_, text) => {
    expect(() => parseFacts('node1.lab', text)).toThrow(FactsError)
    try {
      parseFacts('node1.lab', text)
    } catch (error) {
      expect((error as FactsError).problems).toMatchObject([{ code: 'not-facts', host: 'node1.lab' }])
    }
  })

  test('no text is anything but facts or that error', () => {
    const lines = fc.array(fc.oneof(fc.constantFrom(...bare.split('\n')), fc.string({ unit: 'binary' })), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(lines, (some) => {
        try {
          parseFacts('node1.lab', some.join('\n'))
        } catch (error) {
          expect(error).toBeInstanceOf(FactsError)
        }
      }),
    )
  })
})

describe('facts that are rendered', () => {
  test('are parsed to the same', () => {
    fc.assert(
      fc.property(someFacts(), (facts) => {
        expect(parseFacts(facts.host, renderFacts(facts))).toEqual(facts)
      }),
    )
  })
})

function someFacts(): fc.Arbitrary<Facts> {
  const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll(/[\t\n]/g, ''))
  const filled = text.map((value) => `x${value}`)
  const orNull = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null })
  const count = fc.nat()
  const limit = orNull(fc.oneof(count, fc.constant(Number.POSITIVE_INFINITY)))
  const hash = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 })
  const access = fc.constantFrom(
    { writable: true, obstructed: false },
    { writable: false, obstructed: false },
    { writable: false, obstructed: true },
  )
  const disk = fc.record({
    path: filled,
    exists: fc.boolean(),
    identity: orNull(filled),
    freeKiB: count,
    sizeKiB: count,
    freeFiles: orNull(count),
    filesystem: filled,
    readOnly: fc.boolean(),
    noExec: fc.boolean(),
  })
  const place: fc.Arbitrary<Place> = fc.tuple(disk, access).map(([one, its]) => ({ ...one, ...its }))
  const start: fc.Arbitrary<StartRecord> = fc.record({
    id: text,
    time: count,
    bootId: text,
    release: hash,
    clusterFile: hash,
    environment: hash,
  })
  const lease: fc.Arbitrary<LeaseOwner> = fc.record({
    who: text,
    purpose: text,
    since: count,
    silent: count,
    token: count,
  })
  const process = fc.record({
    pid: fc.integer({ min: 1, max: 50 }),
    startTicks: count,
    upSeconds: count,
    clusterId: filled,
    part: fc.constantFrom('trueno' as const, 'balancer' as const),
    startId: text,
    name: text,
    restarts: count,
    command: text,
  })
  const listener = fc.record({
    port: fc.integer({ min: 1, max: 65_535 }),
    address: filled,
    pid: orNull(fc.integer({ min: 1, max: 100 })),
    user: orNull(filled),
    command: orNull(filled),
  })
  const facts = fc.record({
    host: filled,
    user: fc.record({ name: text, uid: count }),
    machine: fc.record({
      hostname: text,
      os: text,
      arch: text,
      libc: fc.constantFrom('glibc' as const, 'musl' as const, 'unknown' as const),
      bootId: text,
      cpus: count,
      memoryKiB: count,
      memoryAvailableKiB: count,
      clock: count,
      memoryLimitKiB: orNull(count),
      swapKiB: orNull(count),
      maxMapCount: orNull(count),
      hugePages: orNull(filled),
      limits: fc.record({ 'open-files': limit, threads: limit, 'address-space': limit, 'locked-memory': limit }),
      session: orNull(fc.record({ user: text, end: fc.constantFrom(...sessionEnds) })),
      temporaryNoExec: fc.boolean(),
    }),
    home: place,
    data: place,
    tools: fc
      .tuple(...toolNames.map(() => orNull(filled)))
      .map((paths) => Object.fromEntries(toolNames.map((name, i) => [name, paths[i]])) as Facts['tools']),
    nodeVersion: orNull(filled),
    javaHome: orNull(filled),
    javaVersion: orNull(filled),
    ownAddresses: fc.array(filled),
    localAddresses: orNull(fc.array(fc.ipV4(), { maxLength: 3 })),
    names: fc.dictionary(filled, fc.array(filled, { maxLength: 3 }), { maxKeys: 3 }),
    currentRelease: orNull(hash),
    releases: fc.array(hash, { maxLength: 3 }),
    parts: fc.dictionary(hash, fc.array(fc.record({ sha256: hash, to: text }), { minLength: 1, maxLength: 3 }), {
      maxKeys: 2,
    }),
    artifacts: fc.array(hash, { maxLength: 3 }),
    arrivedKiB: fc.nat(),
    storeKiB: fc.nat(),
    files: fc.record({
      cluster: orNull(hash),
      environment: orNull(hash),
      engines: orNull(hash),
      balancer: orNull(hash),
      receipt: orNull(hash),
    }),
    keptByOthers: fc.array(fc.record({ user: filled, path: filled }), { maxLength: 2 }),
    receipt: orNull(someReceipt(text, hash)),
    start: orNull(start),
    stoppedStart: orNull(filled),
    balancerStart: orNull(start),
    token: count,
    lease: orNull(lease),
    exits: fc.dictionary(filled, count, { maxKeys: 3 }),
    processes: fc.uniqueArray(process, { selector: (one) => one.pid, maxLength: 5 }),
    listeners: fc.array(listener, { maxLength: 5 }),
    listenersSeen: fc.boolean(),
  })
  return facts.map((one) => {
    const ours = new Set(one.processes.map(({ pid }) => pid))
    return {
      ...one,
      storeKiB: one.artifacts.length === 0 ? 0 : one.storeKiB,
      listeners: one.listeners.map((each) => ({ ...each, ours: each.pid !== null && ours.has(each.pid) })),
    }
  })
}

function someReceipt(text: fc.Arbitrary<string>, hash: fc.Arbitrary<string>): fc.Arbitrary<Receipt> {
  return fc.record({
    version: fc.constant(1 as const),
    clusterId: hash.map((value) => value.slice(32)),
    name: text,
    key: text,
    roles: fc.subarray(['master', 'compute', 'backend', 'index'] as const),
    member: fc.boolean(),
    release: fc.record({ id: hash, label: text, killTimeoutMs: fc.nat() }),
    settings: fc.record({ home: text, data: text, environment: hash }),
    peers: fc.array(text),
    balancer: fc.option(fc.record({ host: text, sourcePort: fc.nat() }), { nil: null }),
  })
}
