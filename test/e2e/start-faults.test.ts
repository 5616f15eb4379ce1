import { expect, it } from 'vitest'
import { begun } from '../helpers/command-line.js'
import { labFor, twoHosts } from '../helpers/lab.js'
import { nextLife } from '../helpers/lives.js'

const maxMapCount = 'max virtual memory areas vm.max_map_count [65530] is too low, increase to at least [262144]'

it.concurrent('components that end again and again are told by what they say themselves, all in one run; then up converges', async (test) => {
  const lab = await labFor(test, { roles: [['master'], ['compute', 'index'], ['index'], ['compute'], []] })
  const keys = lab.hosts.map(({ key }) => key)
  lab.faults(1, {
    elasticsearch: { crashAfterMs: 2000, crashCode: 78, outLines: ['ERROR: bootstrap checks failed', maxMapCount] },
  })
  lab.faults(2, { elasticsearch: { crashAfterMs: 100, outLines: ['the frobnicator is jammed'] } })
  lab.faults(3, { sparkWorker: { crashAfterMs: 2000, errLines: ['nobody knows what this means'] } })

  const told = await lab.tell('up')
  expect(told.code, told.screen).toBe(1)
  expect(told.problems.map(({ host, code }) => [host, code])).toEqual([
    [keys[1], 'max-map-count-low'],
    [keys[2], 'keeps-restarting'],
    [keys[3], 'keeps-restarting'],
  ])
  for (const words of [
    /Wait until ready failed on 3 of 5 hosts/,
    /Elasticsearch did not start\n +cause +the kernel allows too few memory maps/,
    /remedy +sudo sysctl -w vm\.max_map_count=262144/,
    /Elasticsearch did not start\n +cause +it ends again and again.*evidence +elasticsearch-out-2\.log: the frobnicator is jammed/s,
    /Spark Worker did not start\n +cause +it ends again and again.*spark-err-\d\.log: nobody knows what this means/s,
    /Run `trueno-deploy up` again/,
  ])
    expect(told.screen).toMatch(words)
  expect(begun(told, 'start')).toHaveLength(5)

  // Whoever asks later is told the same causes.
  const { hosts } = await lab.status()
  expect(hosts[1]?.problems.map(({ code }) => code)).toContain('max-map-count-low')
  expect(hosts[2]?.problems).toContainEqual(
    expect.objectContaining({
      code: 'keeps-restarting',
      evidence: expect.stringContaining('the frobnicator is jammed'),
    }),
  )

  for (const index of [1, 2, 3]) lab.faults(index)
  const again = await lab.tell('up')
  expect(again.code, again.screen).toBe(0)
  expect((await lab.status()).state).toBe('ready')
})

it.concurrent('a component that answers now and then, and ends again and again: no up says that it is ready, and status neither', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const { key } = lab.host(1)
  expect((await lab.run('up')).code).toBe(0)
  lab.faults(1, { elasticsearch: { crashAfterMs: 2000, outLines: ['the frobnicator is jammed'] } })
  const first = await nextLife(lab, 1, 'Elasticsearch')
  process.kill(first, 'SIGINT')
  await nextLife(lab, 1, 'Elasticsearch', await nextLife(lab, 1, 'Elasticsearch', first))

  const told = await lab.tell('up')
  expect(told.code, told.screen).toBe(1)
  expect(told.problems.map(({ host, code }) => [host, code])).toEqual([[key, 'keeps-restarting']])
  expect(told.screen).toMatch(/Elasticsearch does not stay up.*the frobnicator is jammed/s)
  expect(begun(told, 'start')).toEqual([])

  const status = await lab.run('status', '--json')
  expect(status.code).toBe(3)
  const found = JSON.parse(status.stdout)
  expect(found.state).toBe('degraded')
  expect(found.hosts[1].problems).toContainEqual(expect.objectContaining({ code: 'keeps-restarting', host: key }))
})

it.concurrent('a coordinator that never comes to its gate: told after the limit, nothing else started, begun anew by up', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const { key } = lab.host(0)
  lab.faults(0, { core: { hang: true } })
  const told = await lab.tell('up', '--timeout-start', '30s')
  expect(told.code, told.screen).toBe(1)
  expect(told.problems).toMatchObject([{ host: key, code: 'not-ready-in-time' }])
  expect(told.screen).toMatch(/waited 30 s for its line ">> CLUSTER: Awaiting for cluster hosts ready signal"/)
  expect(begun(told, 'start')).toEqual([key])
  expect((await lab.status()).hosts[1]?.state).toBe('stopped')

  lab.faults(0)
  const again = await lab.tell('up', '--timeout-start', '30s')
  expect(again.code, again.screen).toBe(0)
  expect(begun(again, 'stop')).toEqual([key])
})

it.concurrent('a barrier that lets nobody pass: every host is told, and begun anew by up', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const keys = lab.hosts.map(({ key }) => key)
  lab.faults(0, { core: { stallBarrier: true } })
  const told = await lab.tell('up', '--timeout-start', '30s')
  expect(told.code, told.screen).toBe(1)
  expect(told.problems.map(({ host, code }) => [host, code])).toEqual(keys.map((host) => [host, 'not-ready-in-time']))
  expect(told.screen).toMatch(/1 of 1 ready signals/)
  lab.faults(0)
  const again = await lab.tell('up', '--timeout-start', '30s')
  expect(again.code, again.screen).toBe(0)
  expect([...begun(again, 'stop')].sort()).toEqual(keys)
})

it.concurrent('no Elasticsearch answers its ping: no line ever comes, the port tells that it serves', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  for (const index of lab.hosts.keys()) lab.faults(index, { core: { failEsPing: true } })
  const told = await lab.tell('up')
  expect(told.problems).toEqual([])
  expect(told.code, told.screen).toBe(0)
  const evidence = told.events.flatMap((event) =>
    event.kind === 'stepFinished' && event.step === 'wait-apiReady' ? [event.evidence] : [],
  )
  expect(evidence).toEqual(
    Array(2).fill(expect.stringMatching(/^port 8000 answers \(Error while initializing External API/)),
  )
})
