import { randomInt } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, type TestContext } from 'vitest'
import type { CheckReport } from '../../src/cluster/check-report.js'
import { type Lab, labFor, twoHosts } from '../helpers/lab.js'
import { addHost, type NamespaceHost, namespaceUser } from '../helpers/namespace-host.js'
import { must } from '../helpers/namespace-machine.js'
import { lackingForNamespaces, makeNetwork } from '../helpers/namespaces.js'
import { build } from '../helpers/program.js'
import { makeClientKey } from '../helpers/sshd.js'

/** `host code title`, of each host. */
function foundIn(report: CheckReport): readonly string[] {
  return report.hosts.flatMap(({ host, problems }) => problems.map(({ code, title }) => `${host} ${code} ${title}`))
}

async function check(lab: Lab): Promise<CheckReport> {
  return JSON.parse((await lab.run('check', '--json')).stdout)
}

it('tries every way between the hosts, and notices a clock that is wrong', async (test) => {
  const lab = await labFor(test, {
    roles: twoHosts,
    sshd: (index, login) => (index === 0 ? {} : { environment: { PATH: pathWith(login, 'date', wrongDate) } }),
  })
  const report = await check(lab)
  expect(report.ways).toEqual({ all: 4, tried: 4 })
  expect([report.ok, foundIn(report)]).toEqual([true, [`${lab.host(1).key} clock-skew its clock is 60 min ahead`]])
  const { stdout } = await lab.run('check')
  expect(stdout).toMatch(/warning: its clock is 60 min ahead[\s\S]*1 warning on 1 of 2 hosts/)
})

const wrongDate = '#!/bin/sh\n[ "$*" = +%s ] || exec /bin/date "$@"\nnow=$(/bin/date +%s)\necho $((now + 3600))\n'

it('says what it could not look at where there is no bash and forwarding is forbidden, and tries through sshd where it is not', async (test) => {
  const lab = await labFor(test, {
    roles: twoHosts,
    sshd: (index, login) => ({
      environment: { PATH: pathWith(login, 'bash', '#!/bin/sh\nexit 1\n') },
      config: index === 0 ? ['AllowTcpForwarding no'] : [],
    }),
  })
  const report = await check(lab)
  const untried = report.hosts.map(({ problems }) => problems.filter(({ code }) => code === 'ways-untried'))
  expect(untried).toMatchObject([[{ cause: expect.stringMatching(/not known: .*; by its sshd: /) }], []])
  expect(report.ways.tried).toBe(4)
})

function pathWith(login: string, tool: string, text: string): string {
  const directory = join(login, 'tools')
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, tool), text)
  chmodSync(join(directory, tool), 0o755)
  return `${directory}:${process.env.PATH}`
}

describe.skipIf(lackingForNamespaces().length > 0)('with firewalls, routes and names in namespaces', () => {
  it('tells each obstacle by its kind, the same of several hosts once, and `up` changes nothing', async (test) => {
    const { hosts, desk, type } = await office(test)
    const [coordinator, , one, two] = hosts as [NamespaceHost, NamespaceHost, NamespaceHost, NamespaceHost]
    // What comes back from there is dropped, as a firewall would.
    await must(coordinator, ['ip', 'rule', 'add', 'ipproto', 'tcp', 'sport', '8001', 'blackhole'])
    await must(two, ['ip', 'route', 'add', 'unreachable', `${one.address}/32`])
    const { exitCode, stdout } = await type('check', '--json')
    const report: CheckReport = JSON.parse(stdout)
    const others = hosts.slice(1).map(({ address }) => address)
    expect([exitCode, ours(report)]).toEqual([
      3,
      [
        `${others[0]} peer-silent cannot reach ${coordinator.address} (port 8001 filtered)`,
        `${one.address} peer-silent cannot reach ${coordinator.address} (port 8001 filtered)`,
        `${one.address} name-not-found-there the host does not find others by their names`,
        `${two.name} peer-silent cannot reach ${coordinator.address} (port 8001 filtered)`,
        `${two.name} peer-no-route cannot reach ${one.address} (no route)`,
      ],
    ])
    const told = await type('check')
    expect(told.stdout.match(/port 8001 filtered/g)).toHaveLength(1)
    const up = await type('up', '--plain')
    expect([up.exitCode, `${up.stdout}${up.stderr}`]).toEqual([1, expect.stringMatching(/port 8001 filtered/)])
    for (const { home } of hosts) expect(existsSync(join(home, 'trueno'))).toBe(false)
    expect(desk.processes().filter(({ command }) => command.includes('trueno-deploy'))).toEqual([])
  })

  it('once it is up, says what of it this machine gets through to without SSH, and meets no obstacle', async (test) => {
    const { hosts, type, name } = await office(test)
    // One that knows all the others by their names.
    await must(hosts[2] as NamespaceHost, ['sh', '-c', 'echo "$0" >>/etc/hosts', name])
    const up = await type('up', '--plain')
    expect([up.exitCode, up.stderr]).toEqual([0, ''])
    const report: CheckReport = JSON.parse((await type('check', '--json')).stdout)
    expect([report.ok, ours(report)]).toEqual([true, []])
    const open = report.hosts[0]?.problems.find(({ code }) => code === 'open-to-this-machine')
    expect(open).toMatchObject({
      severity: 'warning',
      cause: expect.stringMatching(/^this machine gets through to 4 hosts without SSH/),
      evidence: expect.stringMatching(/^8000 Trueno: .* and 3 more$[\s\S]*^8004 Elasticsearch: .*, host43$/m),
    })
    expect((await type('down', '--plain')).exitCode).toBe(0)
  })
})

function ours(report: CheckReport): readonly string[] {
  return foundIn(report).filter((line) => / peer-| name-/.test(line))
}

const bin = fileURLToPath(new URL('../../dist/bin.js', import.meta.url))

/** Four hosts, of which the last is known by its name, to all but the one before it. */
async function office(test: TestContext) {
  build()
  const directory = mkdtempSync(join(tmpdir(), 'office-'))
  test.onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const prefix = `10.${randomInt(64, 255)}.${randomInt(1, 255)}`
  const network = await makeNetwork(prefix)
  test.onTestFinished(() => network[Symbol.asyncDispose]())
  const key = makeClientKey(directory, 'key')
  const known = `${prefix}.43 host43`
  const hosts: NamespaceHost[] = []
  for (const number of [40, 41, 42, 43]) {
    const own = join(directory, `${number}`)
    mkdirSync(own)
    const names = number === 42 ? [] : [known]
    hosts.push(await addHost(network, { directory: own, number, authorizedKey: key.publicKey, hosts: names }))
  }
  writeFileSync(join(directory, 'hosts'), `127.0.0.1 localhost\n${known}\n`)
  await must(network.desk, ['mount', '--bind', join(directory, 'hosts'), '/etc/hosts'])
  writeFiles(directory, prefix, key.file)
  const env = { PATH: process.env.PATH, HOME: directory, TRUENO_DEPLOY_ONLY: `${prefix}.0/24`, LANG: 'C.UTF-8' }
  const words = ['sh', '-c', 'cd "$0" && exec "$@"', directory, process.execPath, bin]
  const type = (...argv: readonly string[]) => network.desk.run([...words, ...argv], { env })
  await type('trust', '--yes')
  return { hosts, desk: network.desk, type, name: known }
}

function writeFiles(directory: string, prefix: string, identityFile: string): void {
  const cluster = {
    [`${prefix}.40`]: { master: true, compute: true },
    [`${prefix}.41`]: { compute: true },
    [`${prefix}.42`]: { compute: true, index: true },
    host43: { compute: true, index: true },
  }
  const inventory = { name: 'office', release: 'standin', defaults: { user: namespaceUser, identityFile } }
  writeFileSync(join(directory, 'cluster.json'), JSON.stringify(cluster))
  writeFileSync(join(directory, 'inventory.json'), JSON.stringify(inventory))
}
