import { existsSync, symlinkSync, utimesSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { factsOf } from './facts-of.js'
import { sleeper } from './sleepers.js'
import { inEachShell, type TestHost } from './test-host.js'

const [first = '', second = '', third = ''] = ['1', '2', '3'].map((digit) => digit.repeat(64))
const [shared = '', old = '', fresh = ''] = ['a', 'b', 'c'].map((digit) => digit.repeat(64))

inEachShell((host) => {
  const prune = (...names: string[]) => host().run('prune', [1, host().home, ...names])
  const both = ['release', first, 'release', second, 'artifact', shared, 'artifact', old, 'artifact', fresh]

  test('prune removes releases and the artifacts that only they were made of', async () => {
    stock(host())
    const { code, stdout, stderr } = await prune('release', first, 'artifact', old)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toBe(`removed\trelease\t${first}\nremoved\tartifact\t${old}\n`)
    expect(host().list('releases')).toEqual([second, `${second}.parts`])
    expect(host().list('artifacts')).toEqual([shared, `${shared}.sums`, fresh])
    expect(await prune('release', first, 'artifact', old)).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  test('prune keeps the current release and what it is made of, whatever it is asked for', async () => {
    stock(host())
    symlinkSync(`releases/${second}`, path.join(host().home, 'current'))
    const { code, stdout } = await prune(...both)
    expect(code).toBe(0)
    expect(stdout.split('\n').filter((line) => line.startsWith('kept'))).toEqual(
      [`release\t${second}`, `artifact\t${shared}`, `artifact\t${fresh}`].map((name) => `kept\t${name}`),
    )
    expect(host().list('releases')).toEqual([second, `${second}.parts`])
  })

  test('prune keeps a release that something of ours runs from', async () => {
    stock(host())
    host().put('run/start.json', `{"id":"1-1","time":1,"bootId":"b","release":"${first}","clusterFile":"x"}\n`)
    expect((await prune('release', first)).stdout).toMatch(/^removed/)
    stock(host())
    sleeper(host(), { TRUENO_DEPLOY_START: '1-1' })
    expect((await prune('release', first)).stdout).toBe(`kept\trelease\t${first}\n`)
    expect(host().list(`releases/${first}`)).toEqual(['file'])
  })

  test('prune keeps every artifact while a release is there of which nobody knows what it is made of', async () => {
    stock(host())
    host().put(`releases/${third}/file`, '')
    expect((await prune('artifact', old)).stdout).toBe(`kept\tartifact\t${old}\n`)
  })

  test('prune removes what dead ones left, and nothing else that is not ours', async () => {
    stock(host())
    const alive = `.new-x-${process.pid}`
    for (const name of ['.new-x-999999999', '.old-x-999999999', alive, 'notes'])
      for (const directory of ['releases', 'artifacts']) host().put(`${directory}/${name}/file`, '')
    host().put(`releases/${third}.parts`, '')
    host().put(`artifacts/${third}.sums`, '')
    host().put('artifacts/mine.sums', '')
    host().put('data/elasticsearch/kept', '')
    expect(await prune()).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(host().list('releases')).toEqual([alive, first, `${first}.parts`, second, `${second}.parts`, 'notes'].sort())
    expect(host().list('artifacts')).toEqual([alive, shared, `${shared}.sums`, old, fresh, 'mine.sums', 'notes'].sort())
    expect(host().list('data/elasticsearch')).toEqual(['kept'])
  })

  test.each([
    [['release', '../data']],
    [['artifact', `${'a'.repeat(63)}/`]],
    [['data', first]],
    [['release']],
    [['release', first, 'artifact', '*']],
  ])('prune refuses %j and removes nothing', async (names) => {
    stock(host())
    const before = host().list('releases')
    expect(await prune(...names)).toMatchObject({ code: 74, stdout: '' })
    expect(host().list('releases')).toEqual(before)
  })

  test('facts tell in which order releases became current, what they are made of, and what they take', async () => {
    stock(host())
    for (const [name, time] of [
      [first, 2000],
      [second, 1000],
    ] as const)
      utimesSync(path.join(host().home, 'releases', name), time, time)
    expect(await factsOf(host(), [])).toMatchObject({
      releases: [first, second],
      parts: {
        [first]: [
          { sha256: shared, to: '' },
          { sha256: old, to: 'lib/an engine' },
        ],
        [second]: [
          { sha256: shared, to: '' },
          { sha256: fresh, to: 'lib/an engine' },
        ],
      },
      artifacts: [shared, old, fresh],
      storeKiB: 12,
    })
    expect(await host().run('activate', [1, host().home, second])).toMatchObject({ code: 0 })
    expect((await factsOf(host(), [])).releases).toEqual([second, first])
    expect(existsSync(path.join(host().home, 'current/file'))).toBe(true)
  })
})

/** Two releases, made of one artifact that they share and one of their own. */
function stock({ put }: TestHost): void {
  for (const [release, own] of [
    [first, old],
    [second, fresh],
  ] as const) {
    put(`releases/${release}/file`, '')
    put(
      `releases/${release}.parts`,
      `artifact ${shared} \nartifact ${own} lib/an engine\nplaceholder lib/other/run.sh\n`,
    )
  }
  for (const artifact of [shared, old, fresh]) put(`artifacts/${artifact}/file`, '')
  put(`artifacts/${shared}.sums`, 'KiB 12\nx  ./file\n')
}
