import { again, type Cause, told } from './cause.js'

const title = 'Elasticsearch did not start'
const limits = 'for that user in /etc/security/limits.conf'

/** What a bootstrap check says when it stops Elasticsearch: on loopback and link-local addresses it only warns, and starts. */
function checkFailed(pattern: RegExp): RegExp {
  return new RegExp(`^(?!.*\\[WARN *\\]).*${pattern.source}`)
}

export const elasticsearch: readonly Cause[] = [
  told(
    'max-map-count-low',
    checkFailed(/max virtual memory areas vm\.max_map_count \[(\d+)\] is too low, increase to at least \[(\d+)\]/),
    {
      title,
      cause: ([is, wants]) =>
        `the kernel allows too few memory maps: vm.max_map_count is ${is}, Elasticsearch wants ${wants}`,
      remedy: ([, wants]) => `sudo sysctl -w vm.max_map_count=${wants}, ${again}`,
    },
  ),
  told(
    'open-files-low',
    checkFailed(/max file descriptors \[(\d+)\] for elasticsearch process is too low, increase to at least \[(\d+)\]/),
    {
      title,
      cause: ([is, wants]) => `the run user may open only ${is} files, Elasticsearch wants ${wants}`,
      remedy: ([, wants]) => `raise nofile to ${wants} ${limits}, ${again}`,
    },
  ),
  told(
    'threads-low',
    checkFailed(/max number of threads \[(\d+)\] for user \[([^\]]*)\] is too low, increase to at least \[(\d+)\]/),
    {
      title,
      cause: ([is, user, wants]) => `user ${user} may run only ${is} threads, Elasticsearch wants ${wants}`,
      remedy: ([, , wants]) => `raise nproc to ${wants} ${limits}, ${again}`,
    },
  ),
  told(
    'memory-not-locked',
    checkFailed(/memory locking requested for elasticsearch process but memory is not locked/),
    {
      title,
      cause: () => 'it is told to lock its memory (bootstrap.memory_lock), and the run user may not lock so much',
      remedy: () => `set memlock to unlimited ${limits}, ${again}`,
    },
  ),
  told('heap-sizes-differ', checkFailed(/initial heap size \[(\d+)\] not equal to maximum heap size \[(\d+)\]/), {
    title,
    cause: ([first, most]) => `its initial heap (${first} bytes) differs from its maximum (${most} bytes)`,
    remedy: () => 'set java.heap.elasticsearch in the inventory instead of -Xms and -Xmx options',
  }),
  told('elasticsearch-as-root', /can not run elasticsearch as root/, {
    title,
    cause: () => 'Elasticsearch refuses to run as root',
    remedy: () => 'log in as another user (`user:` in the inventory)',
  }),
  told('data-in-use', /failed to obtain node locks, tried \[\[?([^\]]+)\]/, {
    title,
    cause: ([path]) => `another Elasticsearch holds the lock of its data, ${path}, or it cannot be written to`,
    remedy: () => `end the other one, or name another directory with \`data\` in the inventory, ${again}`,
  }),
  told('data-not-writable', /Unable to access 'path\.data' \(([^)]+)\)/, {
    title: 'The data directory cannot be used',
    cause: ([path]) => `${path} cannot be written to by the run user`,
    remedy: () => `give it to the run user, or name another with \`data\` in the inventory, ${again}`,
  }),
  told('jars-differ', /requires Elasticsearch ([\d.]+), your system: ([\d.]+)/, {
    title,
    cause: ([wants, is]) => `a jar or plugin in it was made for Elasticsearch ${wants}, this is ${is}`,
    remedy: () => `lay Elasticsearch out anew in the release, ${again}`,
  }),
  told('bootstrap-checks-failed', /bootstrap checks failed/, {
    tells: 'heading',
    title,
    cause: () => 'one of its bootstrap checks failed',
    remedy: () => `mend what its log names below that line, ${again}`,
  }),
]

/** Trueno asks once, when it opens its port; it serves all the same when Elasticsearch comes later (contract, 6.5). */
export const elasticsearchLate: readonly Cause[] = [
  told('elasticsearch-late', /Error while initializing External API|No Living connections/, {
    tells: 'delay',
    in: /^Trueno-Core/,
    title: 'Elasticsearch was not there when Trueno asked',
    cause: () =>
      'Trueno asks Elasticsearch once and never says then that it is ready; it serves as soon as that answers',
    remedy: () => 'see why Elasticsearch does not answer: its log is on the index hosts, in data/logs',
  }),
]
