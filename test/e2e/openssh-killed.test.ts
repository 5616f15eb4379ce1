import { readdirSync } from 'node:fs'
import { beforeAll, expect, it } from 'vitest'
import { labFor, twoHosts } from '../helpers/lab.js'
import { build, programIn } from '../helpers/program.js'
import { gone, processesWith } from '../ssh/observe.js'

beforeAll(() => build(), 120_000)

it('leaves no ssh and no directory behind, at its end or when it is killed', async (test) => {
  const lab = await labFor(test, { roles: twoHosts, inventory: { defaults: { transport: 'openssh' } } })
  const program = programIn(lab)
  const directories = () => readdirSync(lab.directory).filter((name) => name.startsWith('td-'))
  const checked = await program.run('check', '--json')
  expect(JSON.parse(checked.stdout).hosts[0].ssh.transport, checked.stderr).toEqual({
    value: 'openssh',
    source: 'inventory.yaml, defaults',
  })
  expect([directories(), processesWith(`${lab.directory}/td-`)]).toEqual([[], []])

  const { child, printed, done } = program.start('up', '--json')
  await printed(/"kind":"stepStarted"/)
  expect(directories()).toHaveLength(2)
  expect(processesWith(`${lab.directory}/td-`).length).toBeGreaterThanOrEqual(2)
  child.kill('SIGKILL')
  await done
  await gone(() => directories().length > 0 || processesWith(`${lab.directory}/td-`).length > 0)
})
