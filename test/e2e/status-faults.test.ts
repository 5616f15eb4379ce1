import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { labFor } from '../helpers/lab.js'
import { pidOf } from '../helpers/lives.js'
import { killMarked } from '../helpers/marked.js'

it('status looks why a host is not well: an engine that hangs, a host that died, all of them; one that was stopped is not asked', async (test) => {
  const lab = await labFor(test, { roles: [['master', 'index'], ['compute'], [], []] })
  const [, hung, dead, stopped] = lab.hosts.map(({ key }) => key) as [string, string, string, string]
  expect((await lab.run('up')).code).toBe(0)
  process.kill(pidOf(lab, 1, 'Gremlin-Server'), 'SIGSTOP')
  const log = join(lab.host(1).home, 'data/logs/gremlin_server-err-1.log')
  appendFileSync(log, 'java.lang.OutOfMemoryError: Java heap space\n')
  killMarked(lab.host(2).home)
  expect((await lab.run('down', '--hosts', stopped)).code).toBe(0)

  const { state, hosts } = await lab.status()
  expect(state).toBe('degraded')
  expect(hosts.map(({ host, problems }) => [host, problems.map(({ code }) => code)])).toEqual([
    [lab.host(0).key, []],
    [hung, ['heap-exhausted']],
    [dead, ['died']],
    [stopped, []],
  ])
  const { code, stdout } = await lab.run('status')
  expect(code).toBe(3)
  expect(stdout).toMatch(new RegExp(`${hung} {2}.*\\n +cause +.*\\n +evidence +${log}`))
  expect(stdout).toMatch(new RegExp(`${dead} {2}Trueno has died\\n +cause +nothing of it runs on the host any more`))

  for (const { home } of lab.hosts) killMarked(home)
  const all = await lab.status()
  expect([all.state, all.hosts.map(({ problems }) => problems.map(({ code }) => code))]).toEqual([
    'stopped',
    [['died'], ['died'], ['died'], []],
  ])
})
