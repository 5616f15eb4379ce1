import { describe, expect, it } from 'vitest'
import { workflows } from '../../src/phases/workflows.js'
import { buildPlan } from '../../src/plan/build.js'
import type { Plan } from '../../src/plan/plan.js'
import { type Artifact, platforms, type Release, type Runtime } from '../../src/trueno/release.js'
import { artifacts, emptyFacts, exampleCluster, hash, releaseOf } from '../helpers/fixtures.js'

const glibc = { arch: 'x86_64', libc: 'glibc' } as const
const [first, , third] = ['10.0.0.40', '10.0.0.41', '10.0.0.42']

/** A Node in the place of the fixture's: `runtime` for all, else the name of a platform. */
function node(name: 'runtime' | keyof typeof platforms, runtime: Runtime): Artifact {
  const [usual] = artifacts.filter((one) => one.name === 'runtime')
  if (usual === undefined) throw new Error('the fixture has a runtime')
  const own = name === 'runtime' ? name : `runtime-${name}`
  return { ...usual, name: own, sha256: hash(own), runtime }
}

/** What `up` would do to machines of these kinds; the others are x86_64 with glibc. */
function planFor(
  nodes: readonly Artifact[],
  machines: Readonly<Record<string, Runtime & { readonly node?: string }>>,
  more: Partial<Release> = {},
): Plan {
  const cluster = exampleCluster()
  const facts = cluster.hosts.map(({ key }) => {
    const machine: Runtime & { readonly node?: string } = machines[key] ?? glibc
    const { node: nodeVersion = null, ...kind } = machine
    const empty = emptyFacts(key)
    return [key, { ...empty, nodeVersion, machine: { ...empty.machine, ...kind } }] as const
  })
  const release = releaseOf({
    artifacts: [...artifacts.filter(({ name }) => name !== 'runtime'), ...nodes],
    ...more,
  })
  const inputs = { cluster, clusterId: 'c'.repeat(32), facts: new Map(facts), release }
  return buildPlan('up', workflows.up, { ...inputs, unreachable: new Map(), chosen: null, parallel: 64 })
}

/** Which Node each host gets. */
function nodesOf({ phases }: Plan): readonly string[] {
  const stage = phases.find(({ id }) => id === 'stage')?.work ?? []
  return stage.map(({ host, steps }) => {
    const fetched = steps.flatMap((step) => (step.kind === 'fetch' && /^runtime/.test(step.name) ? [step.name] : []))
    return `${host.slice(-2)} ${fetched.join()}`
  })
}

const every = [
  node('runtime', glibc),
  node('linux-arm64', platforms['linux-arm64']),
  node('linux-x64-musl', platforms['linux-x64-musl']),
]

describe('hosts that differ', () => {
  it('get the Node of their platform each, and no other', () => {
    const plan = planFor(every, { [first]: platforms['linux-arm64'], [third]: platforms['linux-x64-musl'] })
    expect(nodesOf(plan)).toEqual(['40 runtime-linux-arm64', '41 runtime', '42 runtime-linux-x64-musl', '43 runtime'])
    expect(plan.problems).toEqual([])
    const args = plan.phases[0]?.work[0]?.steps.flatMap((step) => (step.kind === 'run' ? step.args : [])) ?? []
    expect(args.slice(args.indexOf(hash('runtime-linux-arm64')))[1]).toBe('runtime')
  })

  it('are told before anything is sent where none fits, all at once, with what is missing', () => {
    const plan = planFor([node('runtime', glibc)], {
      [first]: platforms['linux-arm64-musl'],
      [third]: platforms['linux-x64-musl'],
    })
    expect(nodesOf(plan)).toEqual(['40 ', '41 runtime', '42 ', '43 runtime'])
    expect(plan.problems).toMatchObject([
      {
        code: 'runtime-unsuitable',
        severity: 'error',
        host: first,
        cause: 'the release brings Node for x86_64 with glibc; this host is aarch64 with musl',
        remedy: expect.stringContaining('at runtime/linux-arm64-musl/node'),
      },
      { code: 'runtime-unsuitable', host: third, remedy: expect.stringContaining('at runtime/linux-x64-musl/node') },
    ])
  })

  it('may run on a Node of their own that suits, unless the Java of the release would be missing too', () => {
    const machines = { [first]: { ...platforms['linux-arm64'], node: '8.17.0' } }
    expect(planFor([node('runtime', glibc)], machines).problems).toEqual([])
    expect(planFor([node('runtime', glibc)], machines, { hasJava: true }).problems).toMatchObject([
      { code: 'runtime-unsuitable', host: first },
    ])
  })

  it('of which the C library is not known get the Node for their processor, and so does a static Node run anywhere', () => {
    const unknown = { arch: 'aarch64', libc: 'unknown' } as const
    expect(nodesOf(planFor(every, { [first]: unknown }))[0]).toBe('40 runtime-linux-arm64')
    const plan = planFor([node('runtime', { arch: 'x86_64', libc: 'unknown' })], {
      [first]: platforms['linux-x64-musl'],
    })
    expect([nodesOf(plan)[0], plan.problems]).toEqual(['40 runtime', []])
  })
})
