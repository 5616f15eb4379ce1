import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Event } from '../../src/engine/events.js'
import { begun, type Told } from '../helpers/command-line.js'
import { labFor, twoHosts } from '../helpers/lab.js'
import { nextLife, pidOf } from '../helpers/lives.js'

const noJava = '/x/gremlin_server/bin/gremlin-server.sh: line 71: /srv/nowhere/bin/java: No such file or directory'

it.concurrent('an engine that hangs, and has logged why: Verify looks, says so, and ends', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const { key, home } = lab.host(1)
  expect((await lab.run('up')).code).toBe(0)
  process.kill(pidOf(lab, 1, 'Gremlin-Server'), 'SIGSTOP')
  appendFileSync(join(home, 'data/logs/gremlin_server-err-1.log'), 'java.lang.OutOfMemoryError: Java heap space\n')

  const told = await lab.tell('up')
  expect(told.code, told.screen).toBe(1)
  expect(begun(told, 'start')).toEqual([])
  expect(found(told)).toEqual([[key, 'warning', 'heap-exhausted']])
  expect(told.problems.map(({ host, code }) => [host, code])).toEqual([[key, 'heap-exhausted']])
})

it.concurrent('an engine that ends again and again before it serves: Verify tells what it says', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const { key } = lab.host(1)
  expect((await lab.run('up')).code).toBe(0)
  lab.faults(1, { gremlin: { crashAfterMs: 2500, readyAfterMs: 600_000, errLines: [noJava] } })
  const first = pidOf(lab, 1, 'Gremlin-Server')
  process.kill(first, 'SIGINT')
  await nextLife(lab, 1, 'Gremlin-Server', first)

  const told = await lab.tell('up')
  expect(told.code, told.screen).toBe(1)
  expect(told.problems.map(({ host, code }) => [host, code])).toEqual([[key, 'java-missing']])
  expect(told.screen).toMatch(/there is no Java where the engine looked for it/)
})

type Finding = Extract<Event, { kind: 'finding' }>

function found({ events }: Told): readonly (readonly string[])[] {
  const all = events.filter((event): event is Finding => event.kind === 'finding' && event.phase === 'verify')
  return all.map(({ host, problem }) => [host, problem.severity, problem.code])
}
