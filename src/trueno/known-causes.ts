import type { ProblemCode } from '../catalogue/catalogue.js'
/** A cause that a log line tells. */
export interface Cause {
  readonly code: ProblemCode
  readonly pattern: RegExp
  readonly title: string
  readonly cause: (match: RegExpExecArray) => string
  readonly remedy: (match: RegExpExecArray) => string
}

const again = 'then run `trueno-deploy up` again'

/** The most specific come first. */
export const causes: readonly Cause[] = [
  {
    code: 'max-map-count-low',
    pattern: /max virtual memory areas vm\.max_map_count \[(\d+)\] is too low, increase to at least \[(\d+)\]/,
    title: 'Elasticsearch did not start',
    cause: (m) => `the kernel allows too few memory maps: vm.max_map_count is ${m[1]}, Elasticsearch wants ${m[2]}`,
    remedy: (m) => `sudo sysctl -w vm.max_map_count=${m[2]}, ${again}`,
  },
  {
    code: 'open-files-low',
    pattern: /max file descriptors \[(\d+)\] for elasticsearch process is too low, increase to at least \[(\d+)\]/,
    title: 'Elasticsearch did not start',
    cause: (m) => `the run user may open only ${m[1]} files, Elasticsearch wants ${m[2]}`,
    remedy: (m) => `raise nofile to ${m[2]} for that user in /etc/security/limits.conf, ${again}`,
  },
  {
    code: 'elasticsearch-as-root',
    pattern: /can not run elasticsearch as root/,
    title: 'Elasticsearch did not start',
    cause: () => 'Elasticsearch refuses to run as root',
    remedy: () => 'log in as another user (`user:` in the inventory)',
  },
  {
    code: 'heap-sizes-differ',
    pattern: /initial heap size \[(\d+)\] not equal to maximum heap size \[(\d+)\]/,
    title: 'Elasticsearch did not start',
    cause: (m) => `its initial heap (${m[1]} bytes) differs from its maximum (${m[2]} bytes)`,
    remedy: () => 'set java.heap.elasticsearch in the inventory instead of -Xms and -Xmx options',
  },
  {
    code: 'bootstrap-checks-failed',
    pattern: /bootstrap checks failed/,
    title: 'Elasticsearch did not start',
    cause: () => 'one of its bootstrap checks failed',
    remedy: () => `mend what the lines above name, ${again}`,
  },
  {
    code: 'heap-larger-than-memory',
    pattern: /There is insufficient memory for the Java Runtime Environment to continue|error='Not enough space'/,
    title: 'A JVM did not start',
    cause: () => 'the heap asked for is larger than the memory the host can give',
    remedy: () => 'lower java.heap or spark.daemonHeap in the inventory, or free memory on the host',
  },
  {
    code: 'java-option-unknown',
    pattern: /Unrecognized VM option '([^']+)'/,
    title: 'A JVM did not start',
    cause: (m) => `this Java does not know the option ${m[1]}: its version does not fit the engine`,
    remedy: () => 'give a Java 8 or 11 with java.home in the inventory',
  },
  {
    code: 'java-too-new',
    pattern: /Setting a Security Manager is not supported/,
    title: 'Elasticsearch did not start',
    cause: () => 'Elasticsearch 5 cannot run on Java 24 or later',
    remedy: () => 'give a Java 8 to 17 with java.home in the inventory',
  },
  {
    code: 'java-missing',
    pattern:
      /Could not find any executable java binary|JAVA_HOME is not set|\bjava: (?:command )?not found|\/bin\/java: (?:No such file|cannot execute|Permission denied)/,
    title: 'An engine did not start',
    cause: () => 'there is no Java where the engine looked for it',
    remedy: () => 'install Java 8 or 11 on the host, or name it with java.home in the inventory',
  },
  {
    code: 'port-taken',
    pattern: /Failed to bind to \[(\d+)\]|listen EADDRINUSE[^\d]*(?:[\d.]*:)*(\d+)|Could not bind to \S+ and (\d+)/,
    title: 'A port is taken',
    cause: (m) => `port ${m[1] ?? m[2] ?? m[3]} is taken by another process`,
    remedy: (m) => `find it with \`ss -ltnp 'sport = :${m[1] ?? m[2] ?? m[3]}'\` on the host and stop it, ${again}`,
  },
  {
    code: 'spark-moved-port',
    pattern: /Service '(\w+)' could not bind on port (\d+)\. Attempting port (\d+)/,
    title: 'Spark moved to another port',
    cause: (m) => `port ${m[2]} is taken, so Spark's ${m[1]} went on to ${m[3]}, where nobody looks for it`,
    remedy: (m) => `free port ${m[2]}, \`trueno-deploy down\` and \`up\` again`,
  },
  {
    code: 'data-not-writable',
    pattern: /Unable to access 'path\.data' \(([^)]+)\)|Failed to create work directory (\S+)/,
    title: 'The data directory cannot be used',
    cause: (m) => `${m[1] ?? m[2]} cannot be written to by the run user`,
    remedy: () => `give it to the run user, or name another with data in the inventory, ${again}`,
  },
  {
    code: 'disk-full',
    pattern: /No space left on device|ENOSPC/,
    title: 'The disk is full',
    cause: () => 'there is no space left on the device',
    remedy: () => `free space on the host, ${again}`,
  },
  {
    code: 'user-unknown',
    pattern: /LoginException: java\.lang\.NullPointerException: invalid null input: name/,
    title: 'Spark did not start',
    cause: () => 'the run user has no name on the host: its number is not in the user database',
    remedy: () => `see that \`getent passwd $(id -u)\` tells it on the host, ${again}`,
  },
  {
    code: 'log-not-writable',
    pattern: /Trace: \{ Error: (E[A-Z]+): [^,]*, open '([^']+)'/,
    title: 'A component was not started',
    cause: (m) => `pm2 could not open its log ${m[2]} (${m[1]})`,
    remedy: () => `see that the run user can write there, \`trueno-deploy down\` and \`up\` again`,
  },
  {
    code: 'own-name-unknown',
    pattern: /UnknownHostException: (\S+?):/,
    title: 'A host name is not found',
    cause: (m) => `the host cannot resolve the name ${m[1]}`,
    remedy: (m) => `add ${m[1]} to the host's /etc/hosts or its name server, ${again}`,
  },
  {
    code: 'cluster-file-invalid',
    pattern: /Error! Cluster host file not valid:? ?(.*)/,
    title: 'Trueno rejects cluster.json',
    cause: (m) => m[1] || 'Trueno says that the cluster file is not valid',
    remedy: () => `correct cluster.json, ${again}`,
  },
  {
    code: 'host-not-in-cluster-file',
    pattern: /must match its entry in the cluster host file/,
    title: 'Trueno rejects its own host name',
    cause: () => "the host's key is not in the cluster.json that lies on it",
    remedy: () => 'run `trueno-deploy up` again; it puts the right file there',
  },
  {
    code: 'launcher-missing',
    pattern: /(\S.*) not present, please run 'trueno setup'/,
    title: 'The release is incomplete',
    cause: (m) => `Trueno does not find its component ${m[1]}`,
    remedy: () =>
      'the release on the host was changed: remove it below releases/ there, and run `trueno-deploy up` again',
  },
  {
    code: 'master-refused',
    pattern: /uncaughtException: connect ECONNREFUSED (\S+)/,
    title: 'The coordinator does not answer',
    cause: (m) => `this host got no connection to ${m[1]}`,
    remedy: () => 'see what the coordinator says: `trueno-deploy status`',
  },
  {
    code: 'stopped-meanwhile',
    pattern: /PM2 successfully stopped|pm2 has been killed by signal/,
    title: 'Trueno was stopped while it started',
    cause: () => "pm2, which runs it on the host, was told to stop; somebody's `trueno stop` does that",
    remedy: () => `find out who stops it there, ${again}`,
  },
]
