import { expect, it } from 'vitest'
import type { CheckedHost, CheckReport } from '../../src/cluster/check-report.js'
import type { ReachValue } from '../../src/cluster/reach.js'
import { renderCheck } from '../../src/report/check-table.js'
import { widthOf } from '../../src/report/text.js'

const defaults = 'inventory.yaml, defaults'
const own = 'inventory.yaml, hosts'
const user: ReachValue = { value: 'trueno', source: defaults }
const transport: ReachValue = { value: 'ssh2', source: 'default' }

function host(key: string, port: ReachValue, more: Partial<CheckedHost> = {}): CheckedHost {
  const ssh = { hostname: { value: key, source: 'cluster.json' }, user, port, transport }
  return { host: key, reachable: true, ssh, notes: [], problems: [], ...more }
}

function rendered(hosts: readonly CheckedHost[], columns = 80, verbose = false): string {
  const report: CheckReport = {
    version: 1,
    ok: true,
    cluster: 'lab',
    release: 'a'.repeat(64),
    hosts,
    ways: { all: 0, tried: 0 },
    fixes: [],
  }
  return renderCheck(report, { colour: false, columns, verbose, scripts: false, mend: 'trueno-deploy check' })
}

it('says once how all hosts are reached, and names those that are reached otherwise', () => {
  const port = { value: '22', source: 'default' }
  const keys = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6']
  const hosts = keys.map((key) => host(key, port))
  const special = host('10.0.0.7', { value: '2222', source: own }, { notes: ['Match exec is left out'] })
  expect(rendered([...hosts, special])).toBe(` check lab · 7 hosts · release aaaaaaa

 ✔ 7 hosts: 10.0.0.1–.7

 Reached with
   user       trueno (inventory.yaml, defaults)
   port       22 (default); 2222 (inventory.yaml, hosts) for 10.0.0.7
   transport  ssh2 (default)
   10.0.0.7: Match exec is left out

✔ Nothing was found that would make \`up\` fail.
`)
})

it('counts values that are different everywhere, and what only some hosts have', () => {
  const hosts = Array.from({ length: 100 }, (_, index) =>
    host(`node${index + 1}.lab`, { value: String(4000 + index), source: own }),
  )
  const [first, ...others] = hosts
  const keyed = { ...first?.ssh, identityFile: { value: '~/.ssh/lab', source: 'SSH configuration' } }
  const text = rendered([{ ...host('node1.lab', { value: '4000', source: own }), ssh: keyed }, ...others])
  expect(text).toContain(' ✔ 100 hosts: node1–100.lab\n')
  expect(text).toContain('   port          4000, 4001, 4002 and 97 more (inventory.yaml, hosts)\n')
  expect(text).toContain('   identityFile  ~/.ssh/lab (SSH configuration) for node1.lab\n')
})

it('folds many values of few hosts each', () => {
  const hosts = Array.from({ length: 60 }, (_, index) =>
    host(`node${index + 1}`, { value: String(Math.floor(index / 10)), source: own }),
  )
  const sources = hosts.map((one, index) => ({
    ...one,
    ssh: { ...one.ssh, user: { value: 'u', source: index % 2 ? own : defaults } },
  }))
  const text = rendered(sources, 200)
  expect(text).toContain('0 (inventory.yaml, hosts) for node1–10')
  expect(text).toContain('others for node31, node32 and 28 more\n')
  expect(text).toContain(
    'u (inventory.yaml, defaults) for node1, node3, node5, node7, node9, node11, node13 and 23 more',
  )
  for (const line of rendered(sources, 60).split('\n')) expect(widthOf(line)).toBeLessThan(60)
})

it('tells every value of each host when asked, of hosts that are alike together', () => {
  const port = { value: '22', source: 'default' }
  const text = rendered([host('a', port), host('b', port), host('c', { value: '2222', source: own })], 80, true)
  expect(text).toContain(` ✔ a, b
     hostname   HOST    cluster.json
     user       trueno  inventory.yaml, defaults
     port       22      default
     transport  ssh2    default
 ✔ c
     hostname   c       cluster.json
`)
})
