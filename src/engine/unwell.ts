import type { ProblemCode } from '../catalogue/catalogue.js'
import { type Cluster, type HostKey, hasRole, members } from '../cluster/cluster.js'
import type { Problem } from '../errors.js'
import type { ClusterAnswers } from '../health/health.js'
import { type Component, type ComponentName, components, runsSparkWorker } from '../trueno/components.js'

/** A component that is not as it should be, as those see it who ask from outside. */
export interface Unwell {
  readonly host: HostKey
  readonly component: Component
}

/** Where the reason of such problems is to be looked for. Of other problems no host can know more than they tell. */
export function unwellIn(problems: readonly Problem[], cluster: Cluster, answers: ClusterAnswers): readonly Unwell[] {
  return problems.flatMap(({ code, host }) => [
    ...(host !== undefined && subjects[code] !== undefined ? [{ host, component: componentOf(subjects[code]) }] : []),
    ...(code === 'spark-workers-missing' ? missingWorkers(cluster, answers) : []),
    ...(code === 'elasticsearch-nodes-missing' ? indexNodes(cluster) : []),
  ])
}

/** It says only that something gives no answer: the host may know why. */
export function isSilent({ code }: Problem): boolean {
  return silent.has(code)
}

const silent: ReadonlySet<ProblemCode> = new Set([
  'trueno-not-answering',
  'gremlin-not-answering',
  'elasticsearch-not-answering',
  'spark-not-answering',
])

/** What a problem of a host is about. */
const subjects: Partial<Record<ProblemCode, ComponentName>> = {
  'trueno-not-answering': 'core',
  'gremlin-not-answering': 'gremlin',
  'elasticsearch-not-answering': 'elasticsearch',
  'spark-not-answering': 'sparkMaster',
  'spark-not-alive': 'sparkMaster',
  'spark-moved-port': 'sparkMaster',
}

/** The master names workers by their own address, mostly their key. */
function missingWorkers(cluster: Cluster, answers: ClusterAnswers): readonly Unwell[] {
  const spark = answers.get(cluster.coordinator)?.spark
  const listed = spark?.ok ? spark.workers : []
  const alive = new Set(listed.filter(({ state }) => state === 'ALIVE').map(({ host }) => host))
  return members(cluster)
    .filter((host) => runsSparkWorker(host, cluster) && !alive.has(host.key))
    .map(({ key }) => ({ host: key, component: componentOf('sparkWorker') }))
}

function indexNodes(cluster: Cluster): readonly Unwell[] {
  return members(cluster)
    .filter((host) => hasRole(host, 'index'))
    .map(({ key }) => ({ host: key, component: componentOf('elasticsearch') }))
}

function componentOf(name: ComponentName): Component {
  const found = components.find((component) => component.name === name)
  if (found === undefined) throw new Error(`no component ${name}`)
  return found
}
