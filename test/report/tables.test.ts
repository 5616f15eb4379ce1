import { describe, expect, it } from 'vitest'
import type { ComponentStatus, HostStatus, Status } from '../../src/cluster/status.js'
import type { Problem } from '../../src/errors.js'
import type { Phase, Plan, Step } from '../../src/plan/plan.js'
import { sendsOf } from '../../src/plan/sends.js'
import { renderPlan } from '../../src/report/plan-table.js'
import { renderStatus } from '../../src/report/status-table.js'
import { widthOf } from '../../src/report/text.js'
import { createWatchScreen } from '../../src/report/watch.js'
import { golden } from './recorded.js'
import { createTerminal } from './terminal.js'

const widths = [80, 40] as const
const hosts = ['192.168.1.40', '192.168.1.41', '192.168.1.42', '192.168.1.43', '192.168.1.44']
const id = '9f3c2a1'.padEnd(64, '0')

describe('the plan as a table', () => {
  it.each(widths)('fits %i columns', async (columns) => {
    await expectTable(renderPlan(plan, { colour: false, columns }), columns, `plan-${columns}`)
  })

  it('says of what is sent that it is packed, where that is less than what it comes to on the hosts', () => {
    const half = plan.sends.hosts.map(({ host, bytes }) => ({ host, bytes: bytes / 2 }))
    const sends = { ...plan.sends, hosts: half, bytes: plan.sends.bytes / 2, exact: true }
    expect(renderPlan({ ...plan, sends }, wide)).toContain(' Sends, packed, 98 MB to 192.168.1.40; ')
  })

  it('says that there is nothing to do', () => {
    const empty = { ...plan, phases: [], unreachable: [], problems: [] }
    expect([renderPlan(empty, wide), renderPlan({ ...empty, workflow: 'down', release: null }, wide)]).toEqual([
      ' up lab · 5 hosts · release 9f3c2a1 (Trueno dev, Elasticsearch 5.3.2)\n\n Nothing to do: the cluster is what the files say.\n',
      ' down lab · 5 hosts\n\n Nothing to do: nothing of this cluster runs.\n',
    ])
  })

  it('says so only of the hosts it has seen', () => {
    const text = renderPlan({ ...plan, phases: [], problems: [] }, wide)
    expect(text).toContain('Nothing to do on the hosts that can be reached: ')
    expect(text).toContain('  192.168.1.45  cannot be reached\n')
  })
})

describe('the status as a table', () => {
  it.each(widths)('fits %i columns', async (columns) => {
    await expectTable(renderStatus(status, { colour: false, columns }), columns, `status-${columns}`)
  })

  it('shows releases where they differ', async () => {
    const other = status.hosts.map((host, index) => (index === 2 ? { ...host, release: 'aaaaaaabbb' } : host))
    await expectTable(renderStatus({ ...status, hosts: other }, wide), 100, 'status-releases')
  })

  it('tells of a cluster that does not run, or is not there at all', () => {
    const stopped = status.hosts.map(
      (host): HostStatus => ({ ...host, state: 'stopped', reachable: true, components: [], problems: [] }),
    )
    const down: Status = {
      ...status,
      state: 'stopped',
      elasticsearch: null,
      spark: null,
      balancer: null,
      hosts: stopped.slice(0, 2),
    }
    expect(renderStatus(down, wide)).toBe(` lab · stopped · release 9f3c2a1

 ■ 192.168.1.40  stopped
 ■ 192.168.1.41  stopped

 Disk           54 GB free · releases take 412 MB
`)
  })

  it('puts 1,000 hosts on 24 rows, those that are not well first', async () => {
    const [well, , , sick] = status.hosts
    const hosts = Array.from({ length: 1000 }, (_, index) => ({
      ...((index % 300 === 9 ? sick : well) as HostStatus),
      host: `10.0.${index >> 8}.${index & 255}`,
      problems: [],
    }))
    const text = renderStatus({ ...status, hosts }, { colour: false, columns: 80, rows: 24 })
    expect(text.split('\n').length).toBeLessThanOrEqual(24)
    await expectTable(text, 80, 'status-1000-hosts')
  })

  it('marks what does not stay up, and a balancer that does not run where the rest does', () => {
    const loops: ComponentStatus = { ...component('gremlin'), state: 'restarting', restarts: 6, upSeconds: 1 }
    const hosts = [{ ...host('a', []), state: 'degraded' as const, components: [component('core'), loops] }]
    const balancer = { host: 'a', sourcePort: 9000, state: 'stopped', targets: 1 } as const
    const told = renderStatus({ ...status, hosts, balancer }, wide)
    expect(told).toMatch(/⚠ a +✔ +⚠ 1s ↻6 /)
    expect(told).toMatch(/Balancer +✖ stopped · a:9000/)
    expect(renderStatus({ ...status, state: 'stopped', hosts, balancer }, wide)).toMatch(/Balancer +stopped/)
  })

  it('is drawn again in place by --watch, cut to the screen', () => {
    const terminal = createTerminal({ columns: 80, rows: 10 })
    const write = (text: string): boolean =>
      terminal.write(text.replaceAll('\u001b[2J', '').replaceAll('\u001b[H', '\u001b[99A\r'))
    const screen = createWatchScreen({ isTTY: true, columns: 80, rows: 10, write } as never)
    screen.draw(renderStatus(status, wide))
    screen.draw(renderStatus({ ...status, cluster: 'again' }, wide))
    expect(terminal.history()).toEqual([])
    expect(terminal.screen()[0]).toBe(' again · degraded · release 9f3c2a1')
    expect(terminal.screen().at(-1)).toMatch(/^ … \d+ more lines$/)
  })

  it('follows the one before by --watch where there is no terminal', () => {
    const written: string[] = []
    const screen = createWatchScreen({ write: (text: string) => written.push(text) } as never)
    for (const text of ['one\n', 'two\n']) screen.draw(text)
    expect(written).toEqual(['one\n', 'two\n'])
  })
})

const wide = { colour: false, columns: 100 }

async function expectTable(text: string, columns: number, name: string): Promise<void> {
  // A command stays in one piece, so that it can be copied.
  const lines = text.split('\n').filter((line) => !/^ +trueno-deploy \S+/.test(line))
  expect(Math.max(...lines.map(widthOf))).toBeLessThan(columns)
  await expect(text).toMatchFileSnapshot(golden(name))
}

const problem: Problem = {
  code: 'connection-timed-out',
  severity: 'error',
  title: 'cannot be reached',
  cause: 'no answer from 192.168.1.45:22 within 10 s',
  evidence: '',
  remedy: 'bring the host back, or take it out of cluster.json',
  host: '192.168.1.45',
}

const link: Step = {
  id: 'assemble',
  title: 'Link release 9f3c2a1',
  reason: 'release differs: none → 9f3c2a1',
  kind: 'run',
  script: 'assemble',
  args: [],
}

const start: Step = {
  id: 'start',
  title: 'Start the coordinator',
  reason: 'nothing of ours runs there',
  kind: 'run',
  script: 'start',
  args: [],
}

const phases: readonly Phase[] = [
  {
    id: 'stage',
    title: 'Stage',
    parallel: 2,
    needs: 'each',
    work: hosts.map((host, index) => ({
      host,
      steps: [
        send('package', 3.9e6),
        send('spark', 192e6),
        ...(index > 0 ? [send('elasticsearch', 33.4e6)] : []),
        link,
      ],
    })),
  },
  {
    id: 'startCoordinator',
    title: 'Start coordinator',
    parallel: 64,
    needs: 'every',
    work: [{ host: '192.168.1.40', steps: [start] }],
  },
]

const plan: Plan = {
  version: 1,
  workflow: 'up',
  cluster: { id: 'c', name: 'lab', coordinator: '192.168.1.40', hosts },
  release: { id, label: 'Trueno dev, Elasticsearch 5.3.2' },
  inputs: 'i',
  facts: 'f',
  phases,
  sends: sendsOf(phases, []),
  unreachable: [problem],
  problems: [
    {
      ...problem,
      code: 'host-silent',
      severity: 'warning',
      title: 'clocks differ',
      cause: 'its clock is 45 s behind',
      host: '192.168.1.42',
    },
  ],
}

function send(name: string, bytes: number): Step {
  const reason = `${name} 1a2b3c4 is not on the host`
  return { id: `fetch-${name}`, title: `Send ${name}`, reason, kind: 'fetch', artifact: name, name, bytes, home: '/h' }
}

const status: Status = {
  version: 1,
  cluster: 'lab',
  state: 'degraded',
  coordinator: '192.168.1.40',
  release: id,
  elasticsearch: { status: 'yellow', nodes: 1, expectedNodes: 2, version: '5.3.2' },
  spark: { status: 'ALIVE', workers: 2, expectedWorkers: 3 },
  balancer: { host: '192.168.1.40', sourcePort: 9000, state: 'running', targets: 4 },
  hosts: [
    host('192.168.1.40', ['core', 'gremlin', 'cerebro', 'sparkMaster']),
    {
      ...host('192.168.1.41', []),
      reachable: false,
      state: 'unknown',
      release: null,
      disk: null,
      problems: [{ ...problem, cause: 'no answer within 3 s', host: '192.168.1.41' }],
    },
    host('192.168.1.42', ['core', 'gremlin', 'elasticsearch', 'bridge', 'sparkWorker', 'cerebro']),
    {
      ...host('192.168.1.43', ['core', 'gremlin', 'bridge', 'sparkWorker', 'cerebro']),
      state: 'degraded',
      components: [
        component('core'),
        component('gremlin'),
        { ...component('elasticsearch'), answers: false, restarts: 3, upSeconds: 12 },
        { ...component('bridge'), state: 'stopped', pid: null, upSeconds: null },
        component('sparkWorker'),
        component('cerebro'),
      ],
      problems: [
        {
          ...problem,
          code: 'elasticsearch-not-answering',
          title: 'Elasticsearch does not answer',
          cause: 'port 8004: connection refused',
          host: '192.168.1.43',
        },
      ],
    },
  ],
}

function host(name: string, components: readonly string[]): HostStatus {
  return {
    host: name,
    roles: [],
    reachable: true,
    state: 'ready',
    release: id,
    components: components.map(component),
    disk: { freeBytes: 54e9, releases: 2, storeBytes: 412e6, dataBytes: null },
    problems: [],
  }
}

function component(name: string): ComponentStatus {
  return {
    name,
    state: 'running',
    pid: 71,
    restarts: 0,
    upSeconds: 820,
    port: 8000,
    answers: name === 'core' ? true : null,
  }
}
