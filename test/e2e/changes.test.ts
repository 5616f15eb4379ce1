import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Told } from '../helpers/command-line.js'
import { type Lab, labFor, twoHosts } from '../helpers/lab.js'

it('plan and status change nothing; a plan in a file is carried out once, and refused when it no longer holds', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const untouched = listing(lab)
  expect((await lab.run('plan', '--out', 'plan.json')).code).toBe(0)
  expect((await lab.run('status')).code).toBe(3)
  expect(listing(lab)).toEqual(untouched)
  expect(untouched).toEqual([])

  const applied = await lab.tell('apply', 'plan.json')
  expect(applied.code, applied.screen).toBe(0)
  const stale = await lab.tell('apply', 'plan.json')
  expect(stale.code).toBe(1)
  expect(stale.problems).toMatchObject([{ code: 'plan-stale' }])
  expect(stale.screen).toMatch(/- Start coordinator, 127\.\S+: Start the coordinator/)

  expect((await lab.run('down')).code).toBe(0)
  const stopped = listing(lab)
  expect((await lab.run('plan', '--exit-code')).code).toBe(5)
  expect((await lab.run('status')).code).toBe(3)
  expect(listing(lab)).toEqual(stopped)
  expect(lab.hosts.flatMap((_, index) => lab.processes(index))).toEqual([])
})

it('other settings restart only the hosts that they concern; down and up of chosen hosts leave the others alone', async (test) => {
  const lab = await labFor(test, { roles: [['master'], ['compute', 'index'], ['compute']] })
  const keys = lab.hosts.map(({ key }) => key)
  const [, second = '', third = ''] = keys
  expect((await lab.tell('up')).code).toBe(0)
  const before = [lab.processes(0), lab.processes(2)]
  lab.inventory({ hosts: { [second]: { environment: { TZ: 'Europe/Berlin' } } }, timeouts: { start: '2m' } })
  const told = await lab.tell('up')
  expect(told.code, told.screen).toBe(0)
  expect(steps(told)).toEqual(
    ['stop', 'write-environment', 'write-receipt', 'start', 'wait-apiReady'].map((step) => [second, step]),
  )
  expect([lab.processes(0), lab.processes(2)]).toEqual(before)

  const down = await lab.tell('down', '--hosts', third)
  expect(down.code, down.screen).toBe(0)
  expect(steps(down)).toEqual([[third, 'stop']])
  expect(lab.processes(2)).toEqual([])
  expect((await lab.status()).state).toBe('degraded')
  const back = await lab.tell('up', '--hosts', `*${third.slice(-3)}`)
  expect(back.code, back.screen).toBe(0)
  expect(steps(back)).toEqual(['start', 'wait-apiReady'].map((step) => [third, step]))
  expect(back.screen).toContain(`Check: ${third}\n`)
  expect(lab.processes(0)).toEqual(before[0])

  await lab.run('down')
  const alone = await lab.tell('up', '--roles', 'master')
  expect(alone.code).toBe(1)
  expect(alone.problems).toMatchObject([{ code: 'barrier-needs-all' }])
})

it('another release stops the others, then the coordinator, starts in order and keeps data; another pm2 of the user survives', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const keys = lab.hosts.map(({ key }) => key)
  const [{ home, login }] = [lab.host(0)]
  const foreign = startForeign(login)
  test.onTestFinished(() => foreign.kill())
  const others = foreign.pids()
  expect(others).toEqual([expect.any(Number), expect.any(Number)])
  expect((await lab.tell('up')).code).toBe(0)
  writeFileSync(join(home, 'data/elasticsearch.kept'), 'data')
  const first = (await lab.status()).release

  const release = join(lab.directory, 'next')
  cpSync('remote/standin', release, { recursive: true })
  writeFileSync(join(release, 'lib/standin/new.txt'), 'something new\n')
  const told = await lab.tell('up', '--release', './next')
  expect(told.code, told.screen).toBe(0)
  expect(steps(told).filter(([, step]) => step === 'stop' || step === 'start')).toEqual([
    [keys[1], 'stop'],
    [keys[0], 'stop'],
    [keys[0], 'start'],
    [keys[1], 'start'],
  ])
  const status = await lab.status()
  expect(status.state).toBe('ready')
  expect(status.release).not.toBe(first)
  expect(readFileSync(join(home, 'data/elasticsearch.kept'), 'utf8')).toBe('data')
  expect(releasesIn(home)).toEqual([first, status.release].sort())

  // Without an option it is again what the inventory says.
  const planned = await lab.run('plan', '--exit-code')
  expect(planned.code).toBe(5)
  expect((await lab.run('down')).code).toBe(0)
  expect(foreign.pids()).toEqual(others)
})

it('old releases go after a successful up, the last ones stay; a new role brings what the release lacks; plans say why', async (test) => {
  const lab = await labFor(test, {
    roles: [['master'], ['compute'], ['compute', 'index']],
    inventory: { keepReleases: 2 },
  })
  const { home, key: second } = lab.host(1)
  const ids: (string | null)[] = []
  for (const version of ['1', '2', '3']) {
    lab.inventory({ keepReleases: 2, release: nextRelease(lab, version) })
    const told = await lab.tell('up')
    expect(told.code, told.screen).toBe(0)
    ids.push((await lab.status()).release)
    const pruned = steps(told).filter(([, step]) => step === 'prune')
    expect(pruned).toEqual(version === '3' ? lab.hosts.map(({ key }) => [key, 'prune']) : [])
  }
  expect(releasesIn(home)).toEqual(ids.slice(1).sort())
  // The three packages differ, all else they share.
  expect(readdirSync(join(home, 'artifacts')).filter((name) => !name.includes('.'))).toHaveLength(5)
  expect((await lab.run('plan', '--exit-code')).code).toBe(0)

  writeFileSync(
    join(lab.directory, 'cluster.json'),
    JSON.stringify({
      ...JSON.parse(readFileSync(join(lab.directory, 'cluster.json'), 'utf8')),
      [second]: { compute: true, index: true },
    }),
  )
  const plan = await lab.run('plan')
  expect(plan.stdout).toMatch(
    /Complete release \w{7}\s+the host's roles need elasticsearch, trueno_elastic_bridge_server/,
  )
  const told = await lab.tell('up')
  expect(told.code, told.screen).toBe(0)
  expect(steps(told).filter(([, step]) => step.startsWith('fetch') || step === 'assemble')).toEqual([
    [second, 'fetch-elasticsearch'],
    [second, 'fetch-trueno_elastic_bridge_server'],
    [second, 'assemble'],
  ])
  expect(await lab.status()).toMatchObject({ state: 'ready', elasticsearch: { nodes: 2, expectedNodes: 2 } })
})

it('status tells what is on the disks, and with --deep what somebody has changed in the release', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  expect((await lab.tell('up')).code).toBe(0)
  const shallow = await lab.status()
  expect(shallow.hosts[1]?.disk).toMatchObject({ releases: 1, dataBytes: null })
  expect(shallow.hosts[1]?.disk?.storeBytes).toBeGreaterThan(100_000)
  expect(shallow.hosts[1]?.disk?.freeBytes).toBeGreaterThan(1_000_000)
  // What Trueno itself writes inside of its package is no change by hand.
  const well = await lab.run('status', '--deep')
  expect(well.code, well.stdout).toBe(0)
  expect(well.stdout).toMatch(/Disk +\S+ \wB free at least .* · releases take \S+ [kM]B · data takes \S+ [kM]?B/)

  const changed = join(lab.host(1).home, 'current/lib/trueno.js')
  writeFileSync(changed, `${readFileSync(changed, 'utf8')}// by hand`)
  const before = listing(lab)
  expect((await lab.run('status')).code).toBe(0)
  const told = await lab.run('status', '--deep', '--json')
  expect(told.code).toBe(3)
  expect(JSON.parse(told.stdout).hosts.map(({ problems }: { problems: readonly object[] }) => problems)).toMatchObject([
    [],
    [{ code: 'host-release-changed', host: lab.host(1).key, evidence: 'differs: lib/trueno.js' }],
  ])
  expect(listing(lab)).toEqual(before)
})

function nextRelease(lab: Lab, version: string): string {
  const folder = join(lab.directory, `release-${version}`)
  cpSync('remote/standin', folder, { recursive: true })
  writeFileSync(join(folder, 'lib/standin/version.txt'), version)
  return folder
}

function releasesIn(home: string): readonly string[] {
  return readdirSync(join(home, 'releases'))
    .filter((name) => !name.includes('.'))
    .sort()
}

function steps({ events }: Told): readonly (readonly [string, string])[] {
  return events.flatMap((event) => (event.kind === 'stepStarted' ? [[event.host, event.step] as const] : []))
}

/** Every file on the hosts with what would change when it is written to. */
function listing({ hosts }: Lab): readonly string[] {
  return hosts.flatMap(({ login }) =>
    readdirSync(login, { recursive: true, encoding: 'utf8' }).map((path) => {
      const { ino, size, mtimeMs, ctimeMs, mode } = lstatSync(join(login, path))
      return [login, path, ino, size, mtimeMs, ctimeMs, mode].join(' ')
    }),
  )
}

/** A pm2 of the same user that is not ours, with an application. */
interface ForeignPm2 {
  /** Of its daemon and its application, as long as they live. */
  pids(): readonly number[]
  kill(): void
}

function startForeign(login: string): ForeignPm2 {
  const script = join(login, 'foreign.js')
  writeFileSync(script, 'setInterval(() => {}, 1000)\n')
  const env = { ...process.env, HOME: login }
  const pm2 = (...args: string[]): string =>
    execFileSync(process.execPath, ['remote/standin/lib/pm2/bin/pm2', ...args], { env, encoding: 'utf8' })
  pm2('start', script, '--name', 'foreign')
  const daemon = Number(readFileSync(join(login, '.pm2/pm2.pid'), 'utf8'))
  const application = Number(readFileSync(join(login, '.pm2/pids/foreign-0.pid'), 'utf8'))
  return {
    pids: () => [daemon, application].filter((pid) => existsSync(`/proc/${pid}`)),
    kill: () => void pm2('kill'),
  }
}
