import { type Cluster, type Host, hasRole, isCoordinator } from '../cluster/cluster.js'
import type { ComponentDirectory } from './release.js'

export type ComponentName = 'core' | 'gremlin' | 'elasticsearch' | 'bridge' | 'sparkMaster' | 'sparkWorker' | 'cerebro'

/** A process that Trueno runs on a host (contract, 5). */
export interface Component {
  readonly name: ComponentName
  /** For people, as Trueno's own log calls it. */
  readonly title: string
  /** pm2's name for it. */
  readonly process: string
  /** Its directory below lib/core/binaries; null for core. */
  readonly directory: ComponentDirectory | null
  /** Ports it listens on; the first is the one that is asked for an answer. */
  readonly ports: readonly Port[]
  /** What it prints itself when it is ready, and what the names of its logs with that line begin with; null: not known. */
  readonly ready: { readonly logs: string; readonly pattern: RegExp } | null
  readonly runsOn: (host: Host, cluster: Cluster) => boolean
}

export interface Port {
  readonly port: number
  /** `all`: on every address whatever `-h` says (unless the release binds to its host's); `host`: on `-h`'s only. */
  readonly on: 'all' | 'host'
}

const everywhere = (host: Host): boolean => host.member
const indexHosts = (host: Host): boolean => hasRole(host, 'index')

/** Core looks for these (real-engines, 2); Spark logs to its error stream. */
const readyLines: Partial<Record<ComponentName, Component['ready']>> = {
  gremlin: { logs: 'gremlin_server-out', pattern: /Channel started at port/ },
  elasticsearch: { logs: 'elasticsearch-out', pattern: /\] started/ },
  sparkMaster: { logs: 'spark-err', pattern: /Started REST server for submitting applications on port/ },
  sparkWorker: { logs: 'spark-err', pattern: /Successfully registered with master/ },
  cerebro: { logs: 'cerebro-out', pattern: /Listening for HTTP on/ },
}

export const components: readonly Component[] = [
  component('core', 'Trueno', 'Trueno-Core', null, [all(8000), all(8001)], everywhere),
  component('gremlin', 'Gremlin Server', 'Gremlin-Server', 'gremlin_server', [own(8002)], everywhere),
  component('elasticsearch', 'Elasticsearch', 'Elasticsearch', 'elasticsearch', [own(8004), own(9300)], indexHosts),
  component(
    'bridge',
    'Trueno ElasticSearch Bridge Server',
    'Trueno-ElasticSearch-Bridge-Server',
    'trueno_elastic_bridge_server',
    [own(8007)],
    indexHosts,
  ),
  component('sparkMaster', 'Spark Master', 'Spark-Master', 'spark', [own(8005), all(8006), own(6066)], runsSparkMaster),
  component('sparkWorker', 'Spark Worker', 'Spark-Worker', 'spark', [all(8081)], runsSparkWorker),
  component('cerebro', 'Cerebro', 'Cerebro', 'cerebro', [all(8008)], everywhere),
]

/** Core starts it beside the components. */
const pageOfPm2 = all(8088)

export function componentsOf(host: Host, cluster: Cluster): readonly Component[] {
  return components.filter((component) => component.runsOn(host, cluster))
}

/** Ports that must be free on a host before its start. */
export function portsOf(host: Host, cluster: Cluster): readonly Port[] {
  const own = componentsOf(host, cluster).flatMap((component) => component.ports)
  return host.member ? [...own, pageOfPm2] : own
}

/** The component whose pm2 name this is. */
export function componentOfProcess(process: string): Component | undefined {
  return components.find((component) => component.process === process)
}

/** The component whose launcher this is. */
export function componentOfScript(path: string): Component | undefined {
  return components.find(({ directory }) => directory !== null && path.includes(`/${directory}/`))
}

/** What listens at a port, for people; undefined: nothing of Trueno's. */
export function titleOfPort(port: number): string | undefined {
  if (port === pageOfPm2.port) return "pm2's page"
  return components.find(({ ports }) => ports.some((one) => one.port === port))?.title
}

/** So many ends of a process, before its host serves, mean that it will not come up. Core restarts the bridge by itself (contract, 7.4). */
export function exitLimitOf(process: string): number {
  return componentOfProcess(process)?.name === 'bridge' ? 5 : 2
}

export function runsSparkMaster(host: Host, cluster: Cluster): boolean {
  return isCoordinator(cluster, host)
}

/** The coordinator runs no worker even with `compute` (contract, 5). */
export function runsSparkWorker(host: Host, cluster: Cluster): boolean {
  return hasRole(host, 'compute') && !isCoordinator(cluster, host)
}

function component(
  name: ComponentName,
  title: string,
  process: string,
  directory: ComponentDirectory | null,
  ports: readonly Port[],
  runsOn: Component['runsOn'],
): Component {
  return { name, title, process, directory, ports, ready: readyLines[name] ?? null, runsOn }
}

function all(port: number): Port {
  return { port, on: 'all' }
}

function own(port: number): Port {
  return { port, on: 'host' }
}

/** What the names of its logs begin with. */
export function logsOf({ directory, process }: Component): string {
  return directory ?? process
}
