import { describe, expect, it } from 'vitest'
import { surroundings as section } from '../../src/catalogue/surroundings.js'
import type { Facts } from '../../src/cluster/facts.js'
import { type Surroundings, unknownSurroundings } from '../../src/cluster/surroundings.js'
import type { TriedWay } from '../../src/cluster/ways.js'
import type { Problem } from '../../src/errors.js'
import { preflightProblems } from '../../src/plan/preflight.js'
import { renderProblems } from '../../src/report/failure.js'
import { emptyFacts, exampleCluster, hostOf, releaseOf } from '../helpers/fixtures.js'

const { entries } = section
const [coordinator, backend, one, two] = ['10.0.0.40', '10.0.0.41', '10.0.0.42', '10.0.0.43'] as const

function problemsOf(
  surroundings: Partial<Surroundings>,
  facts: Readonly<Record<string, Partial<Facts>>> = {},
  cluster = exampleCluster(),
): readonly Problem[] {
  const all = new Map(cluster.hosts.map(({ key }) => [key, emptyFacts(key, facts[key])]))
  const problems = preflightProblems({
    cluster,
    clusterId: 'c'.repeat(32),
    facts: all,
    release: releaseOf(),
    surroundings: { ...unknownSurroundings, ...surroundings },
    chosen: null,
    parallel: 64,
  })
  // Other checks have something to say of such hosts, too.
  return problems.filter(({ code }) => code in entries)
}

function textOf(problems: readonly Problem[]): string {
  return renderProblems(problems, { colour: false, columns: 120 })
}

function way(from: string, to: string, port: number, outcome: TriedWay['outcome'], more: Partial<TriedWay> = {}) {
  return { from, to, port, outcome, ms: null, said: '', ...more }
}

const listener = { port: 8001, address: '*', pid: 7, command: 'node', user: 'trueno', ours: true }

describe('ways between hosts', () => {
  it('are well when they are open, or nobody listens there yet', () => {
    const ways = [way(one, coordinator, 8001, 'refused'), way(one, two, 9300, 'open', { ms: 1 })]
    expect(problemsOf({ ways })).toEqual([])
  })

  it('a port that is filtered from several hosts is told once', () => {
    const ways = [backend, one, two].map((from) => way(from, coordinator, 8001, 'silent'))
    expect(textOf(problemsOf({ ways }))).toBe(
      [
        '  10.0.0.41, .42 and .43  cannot reach 10.0.0.40 (port 8001 filtered)',
        '    cause     nothing comes back: a firewall on either host, or between them, drops what is sent there',
        '    evidence  8001: hosts tell the coordinator that they are ready',
        '    remedy    let these ports through between the hosts of the cluster',
      ].join('\n'),
    )
  })

  it('several ports of a host are one finding, and other obstacles are others', () => {
    const ways = [
      way(one, coordinator, 8002, 'silent'),
      way(one, coordinator, 8001, 'silent'),
      way(one, two, 9300, 'no-route', { said: 'No route to host' }),
      way(two, 'node9', 8004, 'name-unknown', { said: 'Name or service not known' }),
    ]
    expect(problemsOf({ ways }).map(({ code, severity, title, host }) => [code, severity, host, title])).toEqual([
      ['peer-silent', 'error', one, `cannot reach ${coordinator} (ports 8001, 8002 filtered)`],
      ['peer-no-route', 'error', one, `cannot reach ${two} (no route)`],
      ['peer-name-unknown', 'error', two, 'cannot reach node9 (name not found)'],
    ])
    expect(problemsOf({ ways })[1]?.evidence).toBe(
      `9300: index hosts form one Elasticsearch cluster\n${two} port 9300: No route to host`,
    )
  })

  it('where nobody gets through to anybody, that is one finding however many hosts there are', () => {
    const keys = Array.from({ length: 50 }, (_, index) => `10.1.0.${index}`)
    const cluster = exampleCluster({
      hosts: keys.map((key, index) => hostOf(key, index === 0 ? ['master', 'index'] : ['index'])),
      coordinator: '10.1.0.0',
    })
    const ways = keys.flatMap((from) => keys.flatMap((to) => (from === to ? [] : [way(from, to, 9300, 'silent')])))
    const text = textOf(problemsOf({ ways }, {}, cluster))
    expect(text).toContain('cannot reach 49 other hosts (port 9300 filtered)')
    expect(text.match(/cannot reach/g)).toHaveLength(1)
    expect(text).toContain('and 39 more')
  })

  it('a refusal is a warning where something listens at that address', () => {
    const ways = [way(one, coordinator, 8001, 'refused')]
    const at = (address: string) => problemsOf({ ways }, { [coordinator]: { listeners: [{ ...listener, address }] } })
    expect(at('*')).toMatchObject([{ code: 'peer-rejects', severity: 'warning', host: one }])
    expect(at(coordinator)).toMatchObject([{ code: 'peer-rejects' }])
    expect(at('127.0.0.1')).toEqual([])
  })

  it('a name that the host is known not to know is told once', () => {
    const ways = [way(one, 'node9', 8004, 'name-unknown')]
    expect(problemsOf({ ways }, { [one]: { names: { node9: [] } } })).toEqual([])
  })

  it('what was not tried is said', () => {
    const said = 'there is no bash; by its sshd: forbidden'
    const ways = [8001, 8002].map((port) => way(one, coordinator, port, 'untried', { said }))
    expect(problemsOf({ ways })).toMatchObject([
      {
        code: 'ways-untried',
        severity: 'warning',
        host: one,
        cause: `whether it gets through to 1 other host is not known: ${said}`,
      },
    ])
  })

  it('hosts are far when even the quickest of their connections is slow', () => {
    const ways = [
      way(one, coordinator, 8001, 'open', { ms: 180 }),
      way(one, coordinator, 8002, 'refused', { ms: 120 }),
      way(two, coordinator, 8001, 'open', { ms: 300 }),
      way(coordinator, two, 8004, 'open', { ms: 2 }),
    ]
    expect(problemsOf({ ways })).toMatchObject([
      {
        code: 'peer-far',
        severity: 'warning',
        cause: '1 pair of hosts of 2 need more than 50 ms to answer each other',
        evidence: `${one} to ${coordinator}: 120 ms`,
      },
    ])
  })
})

describe('clocks', () => {
  function clocksOf(ahead: readonly number[], marginMs = 600): Surroundings['clocks'] {
    return new Map(
      [coordinator, backend, one, two].map((key, index) => [key, { aheadMs: ahead[index] ?? 0, marginMs }]),
    )
  }
  const told = (clocks: Surroundings['clocks']) => problemsOf({ clocks }).map(({ title, host }) => [host, title])

  it('agree when they differ by seconds, or by what the look may be wrong by', () => {
    expect(told(clocksOf([0, 4000, -4000, 5500]))).toEqual([])
    expect(told(clocksOf([0, 0, 0, 20_000], 16_000))).toEqual([])
  })

  it('one that is wrong is told with its host', () => {
    expect(told(clocksOf([100, -200, 3_600_000, 0]))).toEqual([[one, 'its clock is 60 min ahead']])
    expect(problemsOf({ clocks: clocksOf([100, -200, -90_000, 0]) })).toMatchObject([
      { code: 'clock-skew', severity: 'warning', title: 'its clock is 90 s behind' },
    ])
  })

  it('where all others agree it is that of this machine', () => {
    expect(told(clocksOf([60_000, 60_100, 59_900, 60_000]))).toEqual([
      [undefined, 'the clock of this machine is 60 s behind'],
    ])
  })

  it('of two hosts the one that differs from this machine is told', () => {
    const clocks = new Map(clocksOf([0, 40_000]))
    clocks.delete(one)
    clocks.delete(two)
    expect(told(clocks)).toEqual([[backend, 'its clock is 40 s ahead']])
  })
})

describe('exposure', () => {
  const publicAddress = '93.184.216.34'

  it('hosts with a public address are told once, with what is open there', () => {
    const facts = {
      [one]: { localAddresses: ['10.0.0.42', publicAddress] },
      [two]: { ownAddresses: ['2a00::7', 'fe80::1'] },
    }
    expect(problemsOf({}, facts)).toMatchObject([
      {
        code: 'public-address',
        severity: 'warning',
        title: '2 hosts have public addresses',
        cause: expect.stringMatching(/Trueno \(8000, 8001\), Spark Master \(8006\).*pm2's page \(8088\)/),
        evidence: `${one}: ${publicAddress}\n${two}: 2a00::7`,
      },
    ])
  })

  it.each([
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.1',
    '192.168.1.40',
    '100.64.0.1',
    '169.254.1.1',
    '127.0.0.1',
    '198.51.100.7',
    '::1',
    'fd00::1',
    'fe80::1',
    '2001:db8::1',
    '0.0.0.0',
    '224.0.0.1',
  ])('%s is not public', (address) => {
    expect(problemsOf({}, { [one]: { ownAddresses: [address] } })).toEqual([])
  })

  it.each(['8.8.4.4', '172.32.0.1', '100.128.0.1', '192.169.0.1', '2600::1'])('%s is public', (address) => {
    expect(problemsOf({}, { [one]: { ownAddresses: [address] } })).toMatchObject([{ code: 'public-address' }])
  })

  it('what this machine gets through to is told once, by ports', () => {
    const openPorts = new Map([
      [coordinator, [8000]],
      [one, [8004, 8000]],
      [two, []],
    ])
    expect(problemsOf({ openPorts })).toMatchObject([
      {
        code: 'open-to-this-machine',
        severity: 'warning',
        evidence: `8000 Trueno: ${coordinator}, ${one}\n8004 Elasticsearch: ${one}`,
      },
    ])
    expect(problemsOf({ openPorts: new Map([[one, [8000]]]) }, { [one]: { ownAddresses: ['127.1.1.1'] } })).toEqual([])
  })
})
