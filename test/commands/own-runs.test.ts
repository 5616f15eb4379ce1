import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createOwnRuns } from '../../src/commands/own-runs.js'

function remembered() {
  const directory = mkdtempSync(join(tmpdir(), 'runs-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const note = (run: string, machine: string, pid: number): void =>
    writeFileSync(join(directory, run), JSON.stringify({ machine, pid, over: false }))
  return { directory, runs: createOwnRuns(directory), note }
}

/** The number of a process that has ended. */
const dead = spawnSync('true').pid

it('a run goes on until it is left, or its process has ended', async () => {
  const { runs, note } = remembered()
  await runs.begin('abc')
  expect(await runs.hasEnded('abc')).toBe(false)
  await runs.leave('abc')
  expect(await runs.hasEnded('abc')).toBe(true)
  note('def', hostname(), dead)
  expect(await runs.hasEnded('def')).toBe(true)
})

it('what is forgotten, of another machine or not known is not ours to end', async () => {
  const { directory, runs, note } = remembered()
  await runs.leave('abc')
  await runs.forget('abc')
  expect(readdirSync(directory)).toEqual([])
  note('def', 'elsewhere', dead)
  for (const run of ['abc', 'def', '../../etc/passwd']) expect(await runs.hasEnded(run)).toBe(false)
})

it('old notes are swept away', async () => {
  const { directory, runs, note } = remembered()
  note('old', hostname(), dead)
  note('new', hostname(), dead)
  utimesSync(join(directory, 'old'), 1, 1)
  await runs.begin('abc')
  expect(readdirSync(directory).sort()).toEqual(['abc', 'new'])
})

it('where nothing can be written nothing is remembered', async () => {
  const { directory } = remembered()
  const file = join(directory, 'file')
  writeFileSync(file, 'mine')
  const runs = createOwnRuns(join(file, 'runs'))
  await runs.begin('abc')
  await runs.leave('abc')
  expect(await runs.hasEnded('abc')).toBe(false)
  expect([existsSync(file), readFileSync(file, 'utf8')]).toEqual([true, 'mine'])
})
