import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadPlan, refuseStale, type SavedPlan, savePlan } from '../../src/commands/saved-plan.js'
import { ProblemError, UsageError } from '../../src/errors.js'
import type { Phase, Plan, Step } from '../../src/plan/plan.js'
import { withoutSecrets } from '../../src/plan/secrets.js'
import { sendsOf } from '../../src/plan/sends.js'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'plan-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

function write(content: string, more: { secret?: true } = {}): Step {
  const at = { path: '/h/etc/environment', mode: 0o600, home: '/h' }
  return { id: 'write', title: 'Write settings', reason: 'settings differ', kind: 'write', content, ...at, ...more }
}

function phase(steps: readonly Step[], more: Partial<Phase> = {}): Phase {
  return { id: 'configure', title: 'Configure', parallel: 64, needs: 'each', work: [{ host: 'a', steps }], ...more }
}

function planOf(phases: readonly Phase[], more: Partial<Plan> = {}): Plan {
  return {
    version: 1,
    workflow: 'up',
    cluster: { id: 'c'.repeat(32), name: 'lab', coordinator: 'a', hosts: ['a', 'b'] },
    release: { id: 'r', label: 'stand-in' },
    inputs: 'wanted',
    facts: 'found',
    phases,
    sends: sendsOf(phases, []),
    unreachable: [],
    problems: [],
    ...more,
  }
}

const seen = planOf([phase([write('KEY=1\n')])])

/** What a refusal says; undefined when there is none. */
function refusal(saved: Plan, now: Plan): unknown {
  try {
    return refuseStale(saved, now)
  } catch (error) {
    const [problem] = (error as ProblemError).problems
    return [error instanceof ProblemError && error.exitCode, problem?.code, problem?.evidence.split('\n')]
  }
}

describe('a plan that was kept', () => {
  const saved: SavedPlan = {
    version: 1,
    from: { clusterFile: '/lab/cluster.json', inventory: null, release: 'standin', timeoutStart: '5m' },
    chosen: ['a'],
    parallel: 4,
    plan: seen,
  }

  it('is read as it was written, by nobody else', async () => {
    const path = join(directory, 'plan.json')
    await savePlan(path, saved)
    expect(await loadPlan(path)).toEqual(saved)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('cannot be kept where there is no folder', async () => {
    await expect(savePlan(join(directory, 'no/plan.json'), saved)).rejects.toMatchObject({
      exitCode: 2,
      problems: [{ code: 'plan-unusable', remedy: 'name another file with `--out`' }],
    })
  })

  it.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['null', 'null'],
    ['something else', '{"version":1}'],
    ['another version', JSON.stringify({ ...saved, version: 2 })],
    ['another version of plan', JSON.stringify({ ...saved, plan: { ...seen, version: 2 } })],
    ['no origin', JSON.stringify({ ...saved, from: {} })],
    ['phases without work', JSON.stringify({ ...saved, plan: { ...seen, phases: [null] } })],
    ['work without steps', JSON.stringify({ ...saved, plan: { ...seen, phases: [{ work: [{}] }] } })],
  ])('is refused when it is %s', async (_title, text) => {
    const path = join(directory, 'plan.json')
    await writeFile(path, text)
    await expect(loadPlan(path)).rejects.toThrow(UsageError)
    expect(await readFile(path, 'utf8')).toBe(text)
  })
})

describe('a plan holds', () => {
  it('when it would be made again', () => {
    expect(refusal(seen, planOf([phase([write('KEY=1\n')])]))).toBeUndefined()
  })

  it('however many hosts at once', () => {
    expect(refusal(seen, planOf([phase([write('KEY=1\n')], { parallel: 1 })]))).toBeUndefined()
  })

  it('when its secrets are what they were', () => {
    const now = planOf([phase([write('KEY=1\n', { secret: true })])])
    expect(refusal(JSON.parse(JSON.stringify(withoutSecrets(now))), now)).toBeUndefined()
  })
})

describe('a plan is stale', () => {
  it('when other steps are due: they are told', () => {
    const start: Step = { id: 'start', title: 'Start', reason: 'it is down', kind: 'run', script: 'start', args: [] }
    const now = planOf([phase([start], { title: 'Start others' })])
    expect(refusal(seen, now)).toEqual([
      1,
      'plan-stale',
      ['- Configure, a: Write settings (settings differ)', '+ Start others, a: Start (it is down)'],
    ])
  })

  const same = ['the same steps, but with other files or values in them']

  it('when a file differs', () => {
    expect(refusal(seen, planOf([phase([write('KEY=2\n')])]))).toEqual([1, 'plan-stale', same])
  })

  it('when a secret differs', () => {
    const [before, now] = ['KEY=1\n', 'KEY=2\n'].map((content) => planOf([phase([write(content, { secret: true })])]))
    if (!before || !now) throw new Error('unreachable')
    expect(refusal(withoutSecrets(before), now)).toEqual([1, 'plan-stale', same])
  })

  it('when something else is wanted', () => {
    expect(refusal(seen, { ...seen, inputs: 'more' })).toEqual([1, 'plan-stale', same])
  })
})
