import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { entryOf, type ProblemCode } from '../../src/catalogue/catalogue.js'
import { surroundings } from '../../src/catalogue/surroundings.js'
import type { Cluster, Host, Role } from '../../src/cluster/cluster.js'
import type { Facts } from '../../src/cluster/facts.js'
import type { Problem } from '../../src/errors.js'
import type { Check } from '../../src/plan/checks/checked.js'
import { hostChecks } from '../../src/plan/checks/checks.js'
import { clusterChecks } from '../../src/plan/checks/cluster-checks.js'
import { type Preflight, preflightFixes, preflightProblems } from '../../src/plan/preflight.js'
import type { Release } from '../../src/trueno/release.js'
import { emptyFacts, exampleCluster, hostOf, releaseOf } from '../helpers/fixtures.js'

type Parts = Readonly<Record<string, unknown>>

/** What is different from four hosts that are fit, and what the check then says. */
interface Example {
  readonly title: string
  /** The host that is looked at. Default: an index host. */
  readonly host?: string
  /** Of that host. */
  readonly facts?: Parts
  /** Of hosts by their keys. */
  readonly others?: Readonly<Record<string, Parts>>
  /** Of that host in the inventory; of all hosts. */
  readonly settings?: Parts
  readonly everywhere?: Parts
  readonly release?: Partial<Release>
  /** Keys instead of those of the example, in its order. */
  readonly keys?: readonly string[]
  readonly roles?: Readonly<Record<string, readonly Role[]>>
  /** Host, cause and remedy of each finding. */
  readonly expected: readonly (readonly string[])[]
  /** What root can do about it on that host. Default: nothing. */
  readonly fixes?: readonly unknown[]
}

const directory = new URL('../problems/checks/', import.meta.url)
const table: Partial<Record<ProblemCode, Check<unknown>>> = { ...hostChecks, ...clusterChecks }
const files = readdirSync(directory).map((file) => file.replace('.json', ''))

describe.each(files)('the check %s', (code) => {
  const examples = examplesOf(code)

  it.each(examples)('looks at: $title', (example) => {
    const found = problemsOf(example, 'check').filter((problem) => problem.code === code)
    expect(found.map(({ host = '', cause, remedy }) => [host, cause, remedy])).toEqual(example.expected)
  })

  it.each(examples)('knows what root can do about: $title', (example) => {
    const { host = '10.0.0.42' } = example
    expect(preflightFixes(inputsOf(example)).get(host)).toEqual(example.fixes ?? [])
  })

  it('has the severity of its row, and is told by `up` where it says so', () => {
    const { severity, told } = table[code as ProblemCode] as Check<unknown>
    const telling = examples.filter(({ expected }) => expected.length > 0)
    const silent = examples.filter(({ expected }) => expected.length === 0)
    expect([telling.length > 0, silent.length > 0]).toEqual([true, true])
    for (const example of telling) {
      const inUp = problemsOf(example, 'up').filter((problem) => problem.code === code)
      expect(inUp.map((problem) => problem.severity)).toEqual(
        told === 'check' ? [] : example.expected.map(() => severity),
      )
    }
    expect(entryOf(code)?.severity).toBeOneOf([severity, 'either'])
  })
})

describe('the checks', () => {
  it('all have examples, but for those that need several hosts or a history', () => {
    const elsewhere = ['same-machine', 'other-cluster', 'former-member', 'barrier-needs-all', 'component-missing']
    // Of what is between hosts: surroundings.test.ts.
    const between = Object.keys(surroundings.entries)
    const others = [...elsewhere, ...between, 'release-not-at-hand', 'settings-not-at-hand', 'runtime-unsuitable']
    expect([...files, ...others].sort()).toEqual(Object.keys(table).sort())
  })

  it('say nothing of machines that are fit, but what is to be known of two index hosts', () => {
    expect(problemsOf({ title: '', expected: [] }, 'check')).toEqual([])
    const real = { needsJava: true, realElasticsearch: true }
    const example = { title: '', release: real, expected: [] }
    expect(problemsOf(example, 'up')).toEqual([])
    expect(problemsOf(example, 'check').map(({ code }) => code)).toEqual(['split-brain'])
  })
})

function examplesOf(code: string): readonly Example[] {
  return JSON.parse(readFileSync(new URL(`${code}.json`, directory), 'utf8'))
}

function problemsOf(example: Example, verb: 'up' | 'check'): readonly Problem[] {
  return preflightProblems(inputsOf(example), verb)
}

function inputsOf(example: Example): Preflight {
  const { host = '10.0.0.42', facts = {}, others = {}, release = {} } = example
  const cluster = clusterOf(example)
  const parts = { ...others, [host]: { ...others[host], ...facts } }
  const all = cluster.hosts.map(({ key }) => [key, merged(emptyFacts(key), parts[key] ?? {})] as const)
  const inputs = { cluster, clusterId: 'c'.repeat(32), release: releaseOf(release), facts: new Map<string, Facts>(all) }
  return { ...inputs, chosen: null, parallel: 64 }
}

function clusterOf({ keys, roles = {}, host: looked = '10.0.0.42', settings = {}, everywhere = {} }: Example): Cluster {
  const cluster = exampleCluster()
  const hosts = cluster.hosts.map((host, index): Host => {
    const key = keys?.[index] ?? host.key
    return merged(merged(hostOf(key, roles[key] ?? host.roles), everywhere), key === looked ? settings : {})
  })
  return { ...cluster, hosts, coordinator: hosts[0]?.key ?? '' }
}

/** Values of `more` laid over those of `whole`, group by group; lists as they are. JSON has no Infinity. */
function merged<T>(whole: T, more: Parts): T {
  const isGroup = (value: unknown): value is Parts =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  const entries = Object.entries(more).map(([key, value]) => {
    const old = (whole as Parts)[key]
    if (value === 'unlimited') return [key, Number.POSITIVE_INFINITY]
    return [key, isGroup(value) && isGroup(old) ? merged(old, value) : value]
  })
  return { ...whole, ...Object.fromEntries(entries) }
}
