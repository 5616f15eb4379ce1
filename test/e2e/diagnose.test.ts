import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, type TestContext } from 'vitest'
import { type Lab, labFor, twoHosts } from '../helpers/lab.js'

const canaries = ['canary-environment', 'canary-option', 'canary-log', 'canary-bearer']

/** Files of a bundle, by their paths in it. */
function unpacked(file: string, lab: Lab, test: TestContext): ReadonlyMap<string, string> {
  const directory = mkdtempSync(join(lab.directory, 'bundle-'))
  test.onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  execFileSync('tar', ['-xzf', file, '-C', directory])
  const [top = ''] = readdirSync(directory)
  const names = readdirSync(join(directory, top), { recursive: true, encoding: 'utf8' })
  const files = names.filter((name) => statSync(join(directory, top, name)).isFile())
  return new Map(files.map((name) => [name, readFileSync(join(directory, top, name), 'utf8')]))
}

function expectNoSecrets(files: ReadonlyMap<string, string>): void {
  for (const [name, text] of files) for (const canary of canaries) expect(text, name).not.toContain(canary)
}

it.concurrent('a failed run keeps what it saw, and diagnose asks anew: without any secret, also of hosts that cannot be reached', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const [first, second] = lab.hosts.map(({ key }) => key) as [string, string]
  lab.inventory({
    hosts: {
      [second]: {
        environment: { GREETING: 'canary-environment' },
        java: { options: { elasticsearch: ['-Dthe.word=canary-option'] } },
      },
    },
  })
  lab.faults(1, {
    elasticsearch: {
      crashAfterMs: 300,
      outLines: [
        'JAVA_HOME is not set',
        'GREETING is canary-environment',
        'password=canary-log',
        'Authorization: Bearer canary-bearer',
      ],
    },
  })
  const told = await lab.tell('up')
  expect(told.code, told.screen).toBe(1)
  const [, file = ''] = /What was seen is kept, without secrets, in (\S+\.tgz)/.exec(told.screen) ?? []
  expect(file).toContain(join(lab.directory, '.local/state/trueno-deploy/failures/'))
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const kept = unpacked(file, lab, test)
  expect([...kept.keys()].sort()).toEqual(
    expect.arrayContaining([
      'README.txt',
      'cluster.json',
      'events.jsonl',
      `hosts/${first}/facts.json`,
      `hosts/${second}/condition.json`,
      `hosts/${second}/facts.json`,
      expect.stringMatching(/logs\/data_logs_elasticsearch-out-\d\.log$/),
      'plan.json',
      'problems.json',
      'versions.json',
    ]),
  )
  for (const [name, text] of kept) if (name.endsWith('.json')) expect(() => JSON.parse(text), name).not.toThrow()
  expect(JSON.parse(kept.get('problems.json') ?? '')).toMatchObject([{ host: second, code: 'java-missing' }])
  expect(kept.get('events.jsonl')).toContain('"kind":"stepFailed"')
  expectNoSecrets(kept)

  await lab.host(0).sshd[Symbol.asyncDispose]()
  const asked = await lab.run('diagnose', '-o', 'asked.tgz')
  expect(asked.code).toBe(1)
  expect(asked.stderr).toContain(`Everything that was seen is in ${join(lab.directory, 'asked.tgz')}`)
  const found = unpacked(join(lab.directory, 'asked.tgz'), lab, test)
  expect(found.get('README.txt')).toMatch(new RegExp(`Not reached:\n +${first}: `))
  expect(found.get('versions.json')).toMatch(/"trueno-deploy": "\d/)
  expect([...found.keys()].filter((name) => name.startsWith(`hosts/${first}`))).toEqual([])
  expect([...found.keys()].join()).toMatch(/elasticsearch-out-\d\.log/)
  expectNoSecrets(found)
})

it.concurrent('diagnose reads only, and says when its file cannot be written; of failures the last ten are kept', async (test) => {
  const lab = await labFor(test, { roles: twoHosts })
  const refused = await lab.run('diagnose', '-o', 'nowhere/\0/x.tgz').catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('name another with `-o FILE.tgz`') })
  expect((await lab.run('diagnose')).code).toBe(0)
  expect(statSync(join(lab.directory, 'lab-diagnosis.tgz')).size).toBeGreaterThan(500)
  for (const { login } of lab.hosts) expect(readdirSync(login)).toEqual([])

  const failures = join(lab.directory, '.local/state/trueno-deploy/failures')
  mkdirSync(failures, { recursive: true })
  for (let index = 0; index < 12; index += 1) execFileSync('touch', [join(failures, `2000-01-${10 + index}-lab.tgz`)])
  lab.faults(0, { gremlin: { crashAfterMs: 50, errLines: ['JAVA_HOME is not set'] } })
  const told = await lab.tell('up')
  expect(told.code, told.screen).toBe(1)
  const left = readdirSync(failures)
  expect(left).toHaveLength(10)
  expect(left.filter((name) => !name.startsWith('2000'))).toHaveLength(1)
})
