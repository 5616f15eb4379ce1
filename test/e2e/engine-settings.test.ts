import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Told } from '../helpers/command-line.js'
import { type Lab, labFor } from '../helpers/lab.js'

it('settings of engines reach them, also when pm2 starts one again, and a change restarts those that it concerns', async (test) => {
  const lab = await labFor(test, { roles: [['master'], ['compute'], ['index']] })
  const [first = '', second = '', third = ''] = lab.hosts.map(({ key }) => key)
  const settings = (size: string): object => ({
    defaults: {
      elasticsearch: { settings: { 'indices.fielddata.cache.size': size, 'action.auto_create_index': true } },
      gremlin: { log4j: { 'log4j.logger.org.a': 'WARN' } },
      spark: { defaults: { 'spark.worker.cleanup.enabled': 'true' } },
    },
  })
  lab.inventory({ ...settings('20%') })
  expect((await lab.tell('up')).code).toBe(0)
  const asked = await elasticsearchOf(third)
  expect(asked).toMatchObject({
    indices: { fielddata: { cache: { size: '20%' } } },
    action: { auto_create_index: 'true' },
  })
  expect(readFileSync(join(lab.host(1).home, 'run/spark-conf/spark-defaults.conf'), 'utf8')).toBe(
    'spark.worker.cleanup.enabled true\n',
  )
  expect(readFileSync(join(lab.host(2).home, 'run/gremlin-log4j.properties'), 'utf8')).toContain(
    '\nlog4j.logger.org.a=WARN\n',
  )
  expect(existsSync(join(lab.host(2).home, 'run/spark-conf'))).toBe(false)

  const old = processOf(lab, 2, 'Elasticsearch')
  process.kill(old, 'SIGKILL')
  await expect.poll(() => elasticsearchOf(third).catch(() => null), { timeout: 120_000 }).toEqual(asked)

  lab.inventory({ ...settings('10%') })
  const plan = await lab.run('plan')
  expect(plan.stdout).toMatch(/Write settings of engines +settings of engines differs: \w{7} → \w{7}/)
  const told = await lab.tell('up')
  expect(told.code, told.screen).toBe(0)
  expect(hostsOf(told)).toEqual([third])
  expect(await elasticsearchOf(third)).toMatchObject({ indices: { fielddata: { cache: { size: '10%' } } } })
  expect((await lab.run('plan', '--exit-code')).code).toBe(0)
  expect((await lab.run('status', '--deep')).code).toBe(0)

  lab.inventory()
  expect(hostsOf(await lab.tell('up')).sort()).toEqual([first, second, third])
  expect(await elasticsearchOf(third)).not.toHaveProperty('indices.fielddata')
})

async function elasticsearchOf(host: string): Promise<object> {
  const { nodes } = (await (await fetch(`http://${host}:8004/_nodes`)).json()) as {
    nodes: Record<string, { settings: object }>
  }
  return Object.values(nodes)[0]?.settings ?? {}
}

function processOf(lab: Lab, index: number, name: string): number {
  const found = lab.processes(index).find((one) => one.name === name)
  if (found === undefined) throw new Error(`no ${name} runs on ${lab.host(index).key}`)
  return found.pid
}

function hostsOf({ events }: Told): string[] {
  return [...new Set(events.flatMap((event) => (event.kind === 'stepStarted' ? [event.host] : [])))]
}
