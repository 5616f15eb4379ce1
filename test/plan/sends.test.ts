import { expect, it } from 'vitest'
import { workflows } from '../../src/phases/workflows.js'
import { buildPlan } from '../../src/plan/build.js'
import type { Artifact } from '../../src/trueno/release.js'
import { artifacts, emptyFacts, exampleCluster, releaseOf } from '../helpers/fixtures.js'

/** Sizes as real engines have them, in MB (real-engines, 7). */
const megabytes: Record<string, number> = {
  package: 19,
  runtime: 12,
  gremlin_server: 25,
  cerebro: 1,
  elasticsearch: 22,
  trueno_elastic_bridge_server: 2,
  spark: 179,
}

function sends(change: (artifact: Artifact) => Artifact) {
  const cluster = exampleCluster()
  const facts = new Map(cluster.hosts.map(({ key }) => [key, emptyFacts(key)]))
  const release = releaseOf({ artifacts: artifacts.map(change) })
  const more = { clusterId: 'c'.repeat(32), unreachable: new Map(), chosen: null, parallel: 64 }
  return buildPlan('up', workflows.up, { cluster, facts, release, ...more }).sends
}

const size = ({ name }: Artifact): number => (megabytes[name] ?? 0) * 1e6

it('a host gets what its roles need, and a plan says how much that is on the wire', () => {
  expect(sends((artifact) => ({ ...artifact, bytes: 1e9, wireBytes: size(artifact) }))).toEqual({
    hosts: [
      { host: '10.0.0.40', bytes: 236e6 },
      { host: '10.0.0.41', bytes: 236e6 },
      { host: '10.0.0.42', bytes: 260e6 },
      { host: '10.0.0.43', bytes: 260e6 },
    ],
    bytes: 992e6,
    distinctBytes: 260e6,
    // Two hosts alone want Elasticsearch: both get it from here.
    fromHere: 284e6,
    exact: true,
  })
})

it('what was never packed counts unpacked, as the most that it can be', () => {
  const sent = sends((artifact) =>
    artifact.name === 'package' ? { ...artifact, bytes: 100e6 } : { ...artifact, wireBytes: size(artifact) },
  )
  expect(sent).toMatchObject({ distinctBytes: 341e6, exact: false })
})
