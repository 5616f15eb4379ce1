import { again, type Cause, didNotStart, memoryLeft, told } from './cause.js'

const title = didNotStart
const fitting = 'give a Java 8 or 11 with java.home in the inventory'

export const java: readonly Cause[] = [
  told(
    'heap-larger-than-memory',
    /There is insufficient memory for the Java Runtime Environment to continue|error='(?:Not enough space|Cannot allocate memory)'|Could not reserve enough space for/,
    {
      title,
      cause: () => 'the heap asked for is larger than the memory the host can give',
      also: memoryLeft,
      remedy: () => 'lower java.heap or spark.daemonHeap in the inventory, or free memory on the host',
    },
  ),
  told('java-option-unknown', /Unrecognized (?:VM )?option:? '?([^'\s]+)/, {
    title,
    cause: ([option]) => `this Java does not know the option ${option}: its version does not fit the engine`,
    remedy: () => fitting,
  }),
  told('java-too-new', /Setting a Security Manager is not supported/, {
    title: 'Elasticsearch did not start',
    cause: () => 'Elasticsearch 5 cannot run on Java 24 or later',
    remedy: () => 'give a Java 8 to 17 with java.home in the inventory',
  }),
  told('java-too-old', /UnsupportedClassVersionError: (\S+)/, {
    title,
    cause: ([name]) => `this Java is older than the one that ${name} was made for`,
    remedy: () => fitting,
  }),
  told(
    'heap-option-wrong',
    /(Invalid (?:maximum|initial) heap size: \S+|(?:Initial|Incompatible) (?:heap size set to a larger value|minimum and maximum heap sizes).*)/,
    {
      title,
      cause: ([said]) => `Java refuses the size of its heap: ${said}`,
      remedy: () => `write java.heap in the inventory like 512m or 4g, ${again}`,
    },
  ),
  told(
    'java-missing',
    /Could not find any executable java binary|JAVA_HOME is not set|\bjava: (?:command )?not found|\/bin\/java: (?:No such file|cannot execute|Permission denied)/,
    {
      title,
      cause: () => 'there is no Java where the engine looked for it',
      remedy: () => 'install Java 8 or 11 on the host, or name it with java.home in the inventory',
    },
  ),
  told('heap-exhausted', /java\.lang\.OutOfMemoryError: (Java heap space|GC overhead limit exceeded)/, {
    title: 'A JVM has used up its heap',
    cause: ([what]) => `its heap is too small for what it does: ${what}`,
    remedy: () => `raise java.heap in the inventory, ${again}`,
  }),
  told('java-crashed', /^# {2}(SIG\w+|Internal Error) \(/, {
    tells: 'heading',
    title: 'Java itself has crashed',
    cause: ([signal]) => `the JVM was ended by an error of its own (${signal})`,
    remedy: () => 'try another Java with java.home in the inventory, and check the memory of the machine',
  }),
]
