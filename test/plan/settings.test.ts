import { describe, expect, it } from 'vitest'
import type { Cluster } from '../../src/cluster/cluster.js'
import type { Facts } from '../../src/cluster/facts.js'
import { workflows } from '../../src/phases/workflows.js'
import { buildPlan, isEmpty } from '../../src/plan/build.js'
import type { Plan } from '../../src/plan/plan.js'
import { withoutSecrets } from '../../src/plan/secrets.js'
import { settingsFileOf } from '../../src/plan/settings.js'
import { emptyFacts, exampleCluster, hash, releaseOf } from '../helpers/fixtures.js'
import { follow } from '../helpers/follow-plan.js'

const secret = 'correct horse battery staple'
const example = exampleCluster()
const cluster: Cluster = {
  ...example,
  hosts: example.hosts.map((host) => ({ ...host, java: { ...host.java, home: '/jdk' }, environment: { KEY: secret } })),
}
/** What a second person has: cluster.json, and nothing else. */
const bare: Cluster = { ...example, hasInventory: false }

function up(wanted: Cluster, facts: ReadonlyMap<string, Facts>): Plan {
  const inputs = { cluster: wanted, clusterId: 'c'.repeat(32), facts, release: releaseOf({ needsJava: true }) }
  return buildPlan('up', workflows.up, { ...inputs, unreachable: new Map(), chosen: null, parallel: 64 })
}

const fresh = new Map(cluster.hosts.map(({ key }) => [key, emptyFacts(key, { javaHome: null })]))
const first = up(cluster, fresh)
const running = follow(first, fresh, cluster)

describe('settings, which may be secrets', () => {
  it('are in no receipt: it has the hash of their file', () => {
    const receipts = [...running.values()].map(({ receipt }) => receipt)
    expect(JSON.stringify(receipts)).not.toContain(secret)
    expect(receipts[0]?.settings).toEqual({
      home: '~/trueno',
      data: '~/trueno/data',
      environment: running.get('10.0.0.40')?.files.environment,
    })
  })

  it('are in no plan that is shown or kept: it has the hash of their file, and all else', () => {
    expect(JSON.stringify(first)).toContain(secret)
    const shown = withoutSecrets(first)
    expect(JSON.stringify(shown)).not.toContain(secret)
    const written = (plan: Plan): readonly string[] =>
      plan.phases
        .flatMap(({ work }) => work.flatMap(({ steps }) => steps))
        .flatMap((step) => (step.kind === 'write' ? [step.content] : []))
    expect(written(shown)).toEqual(
      written(first).map((content) => (content.includes(secret) ? `sha256:${hash(content)}` : content)),
    )
  })

  it('need not be known to a second person: nothing is done for lack of them', () => {
    expect(isEmpty(up(cluster, running))).toBe(true)
    const plan = up(bare, running)
    expect(plan.problems).toEqual([])
    expect(isEmpty(plan)).toBe(true)
  })

  it('of a host that has none yet are those built in', () => {
    const facts = new Map([...running, ['10.0.0.43', emptyFacts('10.0.0.43')]])
    const configured = up(bare, facts).phases.filter(({ id }) => id === 'configure')
    expect(configured).toMatchObject([
      { work: [{ host: '10.0.0.43', steps: [{}, { id: 'write-environment' }, {}, {}] }] },
    ])
  })

  it('that lie on a host and are not those it was started with make it start anew', () => {
    const [one] = [...running.values()].slice(1)
    if (one?.start == null) throw new Error('it runs')
    const facts = new Map([...running, [one.host, { ...one, start: { ...one.start, environment: hash('older') } }]])
    expect(up(bare, facts).phases.map(({ id }) => id)).toEqual(['stopOthers', 'startOthers', 'awaitReady'])
  })
})

describe('Java', () => {
  const javaHomeIn = (release: Parameters<typeof releaseOf>[0], home?: string): string | undefined => {
    const host = {
      ...example.hosts[0],
      java: { ...example.hosts[0]?.java, ...(home && { home }) },
    } as Cluster['hosts'][0]
    const context = { cluster: example, release: releaseOf(release) }
    const { content } = settingsFileOf(host, emptyFacts(host.key, { javaHome: '/usr/lib/jvm/java-8' }), context)
    return /^JAVA_HOME=(.*)$/m.exec(content ?? '')?.[1]
  }

  it('is the one of the release where that brings one, else the one of the host; the inventory comes before both', () => {
    expect(javaHomeIn({})).toBe('/usr/lib/jvm/java-8')
    expect(javaHomeIn({ hasJava: true })).toMatch(/^\/.*\/current\/runtime\/java$/)
    expect(javaHomeIn({ hasJava: true }, '/jdk')).toBe('/jdk')
  })

  it('of the release is known to a second person, who has no release at hand', () => {
    const plan = buildPlan('up', workflows.up, {
      cluster: { ...example, hasInventory: true },
      clusterId: 'c'.repeat(32),
      facts: new Map(example.hosts.map(({ key }) => [key, emptyFacts(key)])),
      release: releaseOf({ hasJava: true }),
      unreachable: new Map(),
      chosen: null,
      parallel: 64,
    })
    expect(JSON.stringify(plan)).toContain('\\"hasJava\\":true')
  })
})

describe('settings of engines', () => {
  const settings = { elasticsearch: { settings: { 'script.inline': secret } } }
  const spark = { daemonHeap: '1g', defaults: { 'spark.ui.port': '4040' }, log4j: {} }
  const tuned: Cluster = { ...cluster, hosts: cluster.hosts.map((host) => ({ ...host, ...settings, spark })) }
  const names = (plan: Plan): readonly string[] =>
    plan.phases.flatMap(({ id, work }) =>
      work.map(({ host, steps }) => `${id} ${host.slice(-2)}: ${steps.map((step) => step.id).join(' ')}`),
    )

  it('go to the hosts that run the engine, and restart these alone', () => {
    const plan = up(tuned, running)
    const content = plan.phases
      .flatMap(({ work }) => work)
      .flatMap(({ host, steps }) =>
        steps.flatMap((step) =>
          step.kind === 'write' && step.path.endsWith('/engines') ? [[host, step.content]] : [],
        ),
      )
    const ofSpark = 'spark-defaults.conf\tspark.ui.port\t4040\n'
    expect(Object.fromEntries(content)).toEqual({
      '10.0.0.40': ofSpark,
      '10.0.0.41': ofSpark,
      '10.0.0.42': `elasticsearch.yml\tscript.inline\t${JSON.stringify(secret)}\n${ofSpark}`,
      '10.0.0.43': `elasticsearch.yml\tscript.inline\t${JSON.stringify(secret)}\n${ofSpark}`,
    })
    const after = follow(plan, running, tuned)
    expect(isEmpty(up(tuned, after))).toBe(true)
    const others = { elasticsearch: { settings: { 'script.inline': 'other' } } }
    const changed = { ...tuned, hosts: tuned.hosts.map((host) => ({ ...host, ...others })) }
    expect(names(up(changed, after)).filter((line) => !line.startsWith('awaitReady'))).toEqual(
      ['stopOthers', 'configure', 'startOthers'].flatMap((phase) =>
        ['42', '43'].map(
          (host) =>
            `${phase} ${host}: ${phase === 'configure' ? 'write-engines write-environment write-receipt' : phase === 'stopOthers' ? 'stop' : 'start'}`,
        ),
      ),
    )
  })

  it('are told by their hash in plans that are shown, and in no receipt', () => {
    const plan = up(tuned, fresh)
    expect(JSON.stringify(withoutSecrets(plan))).not.toContain(secret)
    const receipts = [...follow(plan, fresh, tuned).values()].map(({ receipt }) => receipt)
    expect(JSON.stringify(receipts)).not.toContain(secret)
  })
})
