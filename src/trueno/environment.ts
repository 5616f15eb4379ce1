import type { Host, Sha256 } from '../cluster/cluster.js'

/**
 * The environment of a start, as `etc/environment` holds it: one `NAME=value` a line, sorted. It reaches core and
 * every engine, also when pm2 restarts one later (real-engines, 1), so a change of it needs a restart.
 * @param javaHome the release's Java, or the host's as its facts tell it; the inventory's wins
 * @param engines hash of the other settings of engines, so that a change of them is one of these, too; null: none
 */
export function environmentFile(host: Host, javaHome: string | null, engines: Sha256 | null = null): string {
  const all = { ...environmentOf(host, javaHome), TRUENO_DEPLOY_ENGINES: engines ?? undefined }
  const entries = Object.entries(all).filter(isSet)
  return entries
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** Elasticsearch 5 starts on Java 17 only with this flag; Java 8 and 11 do not mind it (real-engines, 1). */
const tolerateOldFlags = '-XX:+IgnoreUnrecognizedVMOptions'

function environmentOf(host: Host, javaHome: string | null): Record<string, string | undefined> {
  const { java, spark } = host
  return {
    JAVA_HOME: java.home ?? javaHome ?? undefined,
    ES_JAVA_OPTS: words([tolerateOldFlags, ...heap(java.heap.elasticsearch), ...java.options.elasticsearch]),
    JAVA_OPTIONS: words([...heap(java.heap.gremlin), ...java.options.gremlin]),
    SPARK_DAEMON_MEMORY: spark.daemonHeap,
    SPARK_WORKER_MEMORY: spark.workerMemory,
    SPARK_WORKER_CORES: spark.workerCores?.toString(),
    SPARK_LOCAL_IP: spark.localIp,
    ...host.environment,
  }
}

/** Elasticsearch refuses a heap whose initial size differs from its maximum. */
function heap(size: string | undefined): readonly string[] {
  return size === undefined ? [] : [`-Xms${size}`, `-Xmx${size}`]
}

function words(list: readonly string[]): string | undefined {
  return list.length === 0 ? undefined : list.join(' ')
}

function isSet(entry: [string, string | undefined]): entry is [string, string] {
  return entry[1] !== undefined
}
