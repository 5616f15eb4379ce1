import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { CheckReport } from '../../src/cluster/check-report.js'
import { eventsOf } from '../helpers/command-line.js'
import { type Lab, labFor, twoHosts } from '../helpers/lab.js'
import { freePort } from '../helpers/loopback.js'

async function check(lab: Lab, ...options: readonly string[]): Promise<{ code: number; report: CheckReport }> {
  const { code, stdout } = await lab.run('check', '--json', ...options)
  return { code, report: JSON.parse(stdout) }
}

it('finds nothing where `up` would succeed, says how each host is reached, and changes nothing', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const [one, two] = [lab.host(0), lab.host(1)]
  const inventory = { source: 'inventory.yaml, defaults' }
  const { code, report } = await check(lab)
  expect([code, report.ok, report.hosts.map(({ host, reachable, problems }) => [host, reachable, problems])]).toEqual([
    0,
    true,
    [
      [one.key, true, []],
      [two.key, true, []],
    ],
  ])
  expect(report.hosts[1]?.ssh).toMatchObject({
    hostname: { value: two.key, source: 'cluster.json' },
    user: { value: two.sshd.user, ...inventory },
    port: { value: String(two.sshd.port), source: 'inventory.yaml, hosts' },
    identityFile: { value: expect.stringContaining(lab.clientKey.file), ...inventory },
    transport: { value: 'ssh2', source: 'default' },
  })
  const { stdout } = await lab.run('check')
  expect(stdout).toMatch(/user +\S+ \(inventory\.yaml, defaults\)\n +port +\d+.* \(inventory\.yaml, hosts\)/)
  expect(stdout).toMatch(/Nothing was found that would make `up` fail/)
  expect(await lab.run('check', '--quiet')).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(existsSync(one.home)).toBe(false)
})

it('tells everything that is wrong on every host at once', async (test) => {
  const lab = await labFor(test)
  const keys = lab.hosts.map(({ key }) => key)
  const [, ...others] = keys
  // Root may write everywhere; there is no room in /proc all the same.
  const unusable = process.getuid?.() === 0 ? 'no-space' : 'home-not-writable'
  const unwritable = Object.fromEntries(others.map((key) => [key, { home: '/proc/trueno' }]))
  lab.inventory({ hosts: unwritable })
  const { code, report } = await check(lab)
  const found = report.hosts.map(({ problems }) => problems.map((problem) => problem.code))
  expect([code, report.ok, found[0]]).toEqual([3, false, []])
  for (const codes of found.slice(1)) expect(codes).toContain(unusable)
  const { stdout } = await lab.run('check')
  // What hosts have in common is told once.
  expect(stdout).toMatch(/^ {2}127\.[\d., ]+ and \.43 {2}/m)

  lab.inventory({ hosts: { ...unwritable, [keys[0] ?? '']: { port: await freePort(keys[0] ?? '') } } })
  const partly = await check(lab)
  expect([partly.code, partly.report.hosts[0]]).toMatchObject([
    1,
    { reachable: false, problems: [{ code: 'connection-refused', severity: 'error' }] },
  ])
  expect(partly.report.hosts[1]?.problems).not.toEqual([])
})

it('looks at what it can without a release', async (test) => {
  const lab = await labFor(test, { roles: twoHosts, inventory: { release: undefined } })
  const { code, report } = await check(lab, '--hosts', lab.host(1).key)
  // Nobody knows where it would listen: ports of other tests on this machine may be in its way.
  const others = ({ code: found }: { code: string }) => found !== 'port-taken'
  const found = report.hosts.map(({ host, problems }) => [host, problems.filter(others)])
  expect([code === 0 || code === 3, report.release, found]).toEqual([true, null, [[lab.host(1).key, []]]])
  expect((await lab.run('check')).stdout).toMatch(/No release is given/)
})

it('is what other verbs tell with --verbose, and always as events', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const events = eventsOf(await lab.run('down', '--json'))
  const reaching = events.filter((event) => event.kind === 'reaching')
  expect(reaching.map(({ host, reach }) => [host, reach.values.user?.source])).toEqual(
    lab.hosts.map(({ key }) => [key, 'inventory.yaml, defaults']),
  )
  const { stdout } = await lab.run('down', '--verbose')
  expect(stdout).toMatch(/> 127\.\S+ {2}hostname .* \(cluster\.json\) · user .* · transport ssh2 \(default\)/)
  expect((await lab.run('check', '--verbose')).stdout).toMatch(/ user +\S+ +inventory\.yaml, defaults/)
})

it('a plan that is kept says so; --quiet leaves the exit code', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  expect((await lab.run('plan', '--out', 'p.json')).stdout).toMatch(
    /Kept in p\.json\. Next: trueno-deploy apply p\.json/,
  )
  expect(await lab.run('plan', '--quiet', '--exit-code')).toEqual({ code: 5, stdout: '', stderr: '' })
  expect(await lab.run('status', '--quiet')).toEqual({ code: 3, stdout: '', stderr: '' })
})
