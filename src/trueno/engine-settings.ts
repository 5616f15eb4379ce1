import { type Cluster, type EngineSetting, type Host, hasRole } from '../cluster/cluster.js'
import { runsSparkMaster, runsSparkWorker } from './components.js'

/**
 * The settings of a host's engines beyond their environment, as `etc/engines` holds them: `FILE KEY VALUE`, a line each,
 * with tabs between; `remote/engines.sh` puts them in place at each start of an engine. Empty: none. Engines that do not
 * run there have none, so that a change of theirs restarts nothing.
 */
export function engineSettings(host: Host, cluster: Cluster): string {
  const spark = runsSparkMaster(host, cluster) || runsSparkWorker(host, cluster)
  const lines = [
    ...(hasRole(host, 'index') ? linesOf('elasticsearch.yml', host.elasticsearch.settings, JSON.stringify) : []),
    ...(host.member ? linesOf('gremlin-log4j.properties', host.gremlin.log4j, String) : []),
    ...(spark ? linesOf('spark-defaults.conf', host.spark.defaults, String) : []),
    ...(spark ? linesOf('spark-log4j.properties', host.spark.log4j, String) : []),
  ]
  return lines.join('')
}

/** Sorted, so that their order in the inventory means nothing. */
function linesOf<T extends EngineSetting>(
  file: string,
  settings: Readonly<Record<string, T>>,
  textOf: (value: T) => string,
): readonly string[] {
  return Object.entries(settings)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, value]) => `${file}\t${key}\t${textOf(value)}\n`)
}
