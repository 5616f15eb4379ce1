import { type Section, stops, warns } from './entry.js'

/** What Elasticsearch and the JVMs of all engines say. */
export const engines = {
  'max-map-count-low': stops(
    'Too few memory maps',
    'Elasticsearch refuses to start on an address that others can reach while vm.max_map_count is below 262144.',
    'The default of the kernel, 65530.',
    '`sudo sysctl -w vm.max_map_count=262144`, and the same line in /etc/sysctl.d to keep it.',
  ),
  'open-files-low': stops(
    'Too few open files',
    'Elasticsearch refuses to start when its user may open fewer than 65536 files. The hard limit of the SSH session counts.',
    'The default of the system.',
    'Raise nofile for that user in /etc/security/limits.conf, and log in anew.',
  ),
  'threads-low': stops(
    'Too few threads',
    'Elasticsearch refuses to start when its user may run fewer than 2048 threads.',
    'A low nproc for users.',
    'Raise nproc for that user in /etc/security/limits.conf.',
  ),
  'memory-not-locked': stops(
    'Memory cannot be locked',
    'bootstrap.memory_lock is set, and the user may not lock so much memory.',
    'memlock is 64 KiB by default.',
    'Set memlock to unlimited for that user in /etc/security/limits.conf.',
  ),
  'heap-sizes-differ': stops(
    'First and largest heap differ',
    'Elasticsearch wants -Xms and -Xmx equal.',
    'Only one of the two was set in the options.',
    'Set java.heap.elasticsearch in the inventory instead.',
  ),
  'bootstrap-checks-failed': stops(
    'Bootstrap checks failed',
    'Elasticsearch looked at its machine and refused to start; the lines below its heading say why.',
    'A limit of the kernel or of the user.',
    'Mend what those lines name.',
  ),
  'elasticsearch-as-root': stops(
    'Elasticsearch as root',
    'Elasticsearch refuses to run as root.',
    'A login as root.',
    'Name a user of the host that everything is done as: `runAs: USER` in the inventory; or log in as another.',
  ),
  'data-in-use': stops(
    'The data is in use',
    'Another Elasticsearch holds the lock of the data directory.',
    'One of an earlier start, or of another cluster, still runs there.',
    'End it, or name another directory with `data` in the inventory.',
  ),
  'jars-differ': stops(
    'Jars of another version',
    'Elasticsearch found jars or plugins that were made for another version of it.',
    'A release put together from two versions.',
    'Lay Elasticsearch out anew in the release.',
  ),
  'data-not-writable': stops(
    'The data directory cannot be used',
    'Elasticsearch cannot write there.',
    'It belongs to another user, from an earlier start as root.',
    'Give it to the run user, or name another with `data` in the inventory.',
  ),
  'work-not-writable': stops(
    "Spark's work directory cannot be made",
    'The worker ends at once.',
    'The directory above it belongs to another user.',
    'Give it to the run user.',
  ),
  'elasticsearch-late': warns(
    'Elasticsearch came later than Trueno asked',
    'Trueno asks Elasticsearch once, when it opens its port 8000. After a failure it never says that it is ready, and serves all the same as soon as Elasticsearch is there.',
    'A slow machine, or an Elasticsearch that looks for its master.',
    'Nothing: the tool asks the ports itself until they answer.',
  ),
  'heap-larger-than-memory': stops(
    'The heap does not fit into memory',
    'The JVM was refused the memory for its heap.',
    'java.heap is larger than the memory of the host, or something else uses it.',
    'Lower java.heap or spark.daemonHeap in the inventory, or free memory.',
  ),
  'heap-exhausted': stops(
    'A JVM has used up its heap',
    'java.lang.OutOfMemoryError: it cannot go on.',
    'A heap that is too small for the data.',
    'Raise java.heap in the inventory.',
  ),
  'heap-option-wrong': stops(
    'A heap size that Java refuses',
    'The JVM does not understand the size, or the first heap is larger than the largest.',
    'A unit that Java does not know, or two contradicting options.',
    'Write it like 512m or 4g, once.',
  ),
  'java-option-unknown': stops(
    'Java does not know an option',
    'Java 17 has no CMS collector any more, which the options of Elasticsearch 5 ask for.',
    'A Java that is too new for the engine.',
    'Give a Java 8 or 11 with java.home in the inventory.',
  ),
  'java-too-new': stops(
    'Java is too new',
    'Elasticsearch 5 sets a security manager, which Java 24 and later refuse.',
    "The system's newest Java.",
    'Give a Java 8 to 17 with java.home in the inventory.',
  ),
  'java-too-old': stops(
    'Java is too old',
    'The classes of the engine were made for a later Java.',
    'Java 7 or older, or a second Java on PATH.',
    'Give a Java 8 or 11 with java.home in the inventory.',
  ),
  'java-missing': stops(
    'There is no Java',
    'An engine did not find a Java that it can start.',
    'Java is not installed, not on the PATH of a non-interactive session, or java.home is wrong.',
    'Install Java 8 or 11, or name it with java.home in the inventory.',
  ),
  'java-crashed': stops(
    'Java itself has crashed',
    'The JVM left a report, hs_err_pid*.log.',
    'A mistake in Java or in a native library, or failing memory.',
    'Try another Java; check the memory of the machine.',
  ),
} satisfies Section['entries']
