import { expect, it } from 'vitest'
import { type Running, type Told, toldBy } from '../helpers/command-line.js'
import { gateIn } from '../helpers/gate.js'
import { labFor, twoHosts } from '../helpers/lab.js'

/** Where Ctrl-C comes, and what is told to run then. */
const interruptions: readonly (readonly [where: string, pattern: RegExp, running: RegExp])[] = [
  ['connecting', /"kind":"phaseStarted","phase":"connect"/, /interrupted/],
  ['checking', /"kind":"phaseStarted","phase":"check"/, /Nothing of this cluster runs/],
  ['staging', /"stepStarted","phase":"stage"/, /Nothing of this cluster runs/],
  ['configuring', /"stepStarted","phase":"configure"/, /Nothing of this cluster runs/],
  [
    'starting the coordinator',
    /"step":"wait-coordinatorAwaits"/,
    /Running: 127\.\S+ \(coordinator\)\. 1 of 2 hosts run nothing/,
  ],
  [
    'starting the others',
    /"stepStarted","phase":"startOthers"/,
    /Running: 127\.\S+ \(coordinator\), 127\.\S+\.\n.*`trueno-deploy up` again to continue/,
  ],
  [
    'waiting for the others',
    /"step":"wait-apiReady"/,
    /Running: 127\.\S+ \(coordinator\), 127\.\S+\.\n.*`trueno-deploy up` again to continue/,
  ],
]

it('Ctrl-C in each phase: exit 130, what runs is told and goes on, and up again goes on from there', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const { holdUntil, open } = gateIn(lab)
  lab.faults(1, { gremlin: { holdUntil } })
  for (const [where, pattern, running] of interruptions) {
    const told = await interrupted(lab.start('up', '--json'), pattern)
    expect([where, told.code]).toEqual([where, 130])
    expect(told.screen).toMatch(running)
    expect(told.problems).toEqual([])
  }
  const before = new Set(lab.processes(0).map(({ pid }) => pid))
  open()
  const told = await lab.tell('up')
  expect(told.code, told.screen).toBe(0)
  const after = new Set(lab.processes(0).map(({ pid }) => pid))
  expect([...before].filter((pid) => !after.has(pid))).toEqual([])
  for (const index of lab.hosts.keys()) expect(lab.starts(index)).toHaveLength(1)
  expect((await lab.status()).state).toBe('ready')

  const down = await interrupted(lab.start('down', '--json'), /"stepStarted","phase":"stopOthers"/)
  expect(down.code, down.screen).toBe(130)
  expect(down.screen).toMatch(
    /Running: 127\.\S+ \(coordinator\)\. 1 of 2 hosts run nothing.*`trueno-deploy down` again to stop the rest/s,
  )
  expect((await lab.run('down')).code).toBe(0)
  expect(lab.hosts.flatMap((_, index) => lab.processes(index))).toEqual([])
})

async function interrupted(run: Running, when: RegExp): Promise<Told> {
  await run.printed(when)
  run.interrupt()
  return toldBy(await run.done)
}
