import { describe, expect, it } from 'vitest'
import type { Facts } from '../../src/cluster/facts.js'
import { workflows } from '../../src/phases/workflows.js'
import { buildPlan } from '../../src/plan/build.js'
import type { Release } from '../../src/trueno/release.js'
import { artifacts, emptyFacts, exampleCluster, hash, releaseOf } from '../helpers/fixtures.js'
import { follow } from '../helpers/follow-plan.js'

type FactsByHost = ReadonlyMap<string, Facts>

/** A release whose package alone differs from that of the others. */
function version(number: number): Release {
  const changed = artifacts.map((part) =>
    part.name === 'package' ? { ...part, sha256: hash(`package ${number}`) } : part,
  )
  return releaseOf({ id: hash(`release ${number}`), artifacts: changed })
}

function up(number: number, facts: FactsByHost, keepReleases = 3) {
  const cluster = exampleCluster({ keepReleases })
  const clusterId = 'c'.repeat(32)
  const more = { unreachable: new Map(), chosen: null, parallel: 64 }
  const plan = buildPlan('up', workflows.up, { cluster, clusterId, facts, release: version(number), ...more })
  return { plan, after: follow(plan, facts, cluster) }
}

function pruning({ plan }: ReturnType<typeof up>) {
  return plan.phases.find(({ id }) => id === 'prune')?.work.map(({ host, steps }) => ({ host, step: steps[0] })) ?? []
}

const nothing: FactsByHost = new Map(exampleCluster().hosts.map(({ key }) => [key, emptyFacts(key)]))

/** After these releases were deployed one after the other. */
function deployed(numbers: readonly number[], keepReleases = 3): FactsByHost {
  return numbers.reduce((facts, number) => up(number, facts, keepReleases).after, nothing)
}

describe('old releases', () => {
  it('stay while there are no more than are kept', () => {
    expect(pruning(up(3, deployed([1, 2])))).toEqual([])
  })

  it('go with what only they were made of, on each host, when all else is done', () => {
    const built = up(4, deployed([1, 2, 3]))
    const [first] = pruning(built)
    expect(pruning(built)).toHaveLength(4)
    expect(first?.step).toEqual({
      id: 'prune',
      title: `Remove release ${hash('release 1').slice(0, 7)} and 1 artifact`,
      reason: 'the last 3 releases are kept',
      kind: 'run',
      script: 'prune',
      args: ['/home/trueno/trueno', 'release', hash('release 1'), 'artifact', hash('package 1')],
    })
    expect(built.plan.phases.at(-1)).toMatchObject({ id: 'prune', needs: 'success' })
    expect(up(4, built.after).plan.phases).toEqual([])
  })

  it('are counted from the one that was current last, not from the one that came last', () => {
    const facts = deployed([1, 2, 3, 1])
    expect([...facts.values()][0]?.releases).toEqual([1, 3, 2].map((number) => hash(`release ${number}`)))
    expect(pruning(up(4, facts))[0]?.step).toMatchObject({
      args: ['/home/trueno/trueno', 'release', hash('release 2'), 'artifact', hash('package 2')],
    })
  })

  it('go at once where fewer are to be kept than there are, also when nothing else is to be done', () => {
    const built = up(3, deployed([1, 2, 3]), 1)
    expect(pruning(built)[0]?.step).toMatchObject({ reason: 'the current release alone is kept' })
    expect([...built.after.values()][0]).toMatchObject({ releases: [hash('release 3')] })
    expect(up(3, built.after, 1).plan.phases).toEqual([])
  })

  it('leave every artifact where one stays of which nobody knows what it is made of', () => {
    const unknown = new Map([...deployed([1, 2, 3])].map(([key, facts]) => [key, { ...facts, parts: {} }]))
    expect(pruning(up(4, unknown))[0]?.step).toMatchObject({
      title: `Remove release ${hash('release 1').slice(0, 7)}`,
    })
  })
})

it('an artifact of no release, left by a run that was given up, is removed', () => {
  const facts = new Map(
    [...deployed([1])].map(([key, one]) => [key, { ...one, artifacts: [...one.artifacts, hash('x')] }]),
  )
  expect(pruning(up(1, facts))[0]?.step).toMatchObject({
    title: 'Remove 1 artifact',
    reason: 'no release that is kept is made of it',
  })
})
