import { type Section, stops } from './entry.js'

/** What the machine refuses: memory, processes, disks, ports, addresses, names. */
export const machine = {
  'out-of-memory-kill': stops(
    'The kernel killed a process for want of memory',
    'The memory of the machine, or of its control group, was used up.',
    'Heaps that together are larger than the memory.',
    'Lower java.heap and spark.daemonHeap in the inventory, or give the host more memory.',
  ),
  killed: stops(
    'A process was killed',
    'It got SIGKILL from outside, and did not end by itself.',
    'An administrator, or a guard against memory use.',
    'Find out who kills it there.',
  ),
  'processes-exhausted': stops(
    'No more processes or threads',
    'The user may not start any more.',
    'A low nproc, or a low limit of the control group.',
    'Raise nproc for that user in /etc/security/limits.conf.',
  ),
  'open-files-exhausted': stops(
    'No more open files',
    'A process has as many files open as it may.',
    'A low nofile.',
    'Raise nofile for that user in /etc/security/limits.conf.',
  ),
  'disk-full': stops(
    'The disk is full',
    'Nothing more can be written: neither the release nor data nor logs.',
    'Logs or data of others on the same disk.',
    'Free space on the host, or name another directory in the inventory.',
  ),
  'disk-read-only': stops(
    'The disk is read-only',
    'The file system was mounted so, or the kernel made it so after an error.',
    'A failing disk.',
    'Look into `dmesg` on the host; mount it writable again.',
  ),
  'home-noexec': stops(
    'Nothing may be run from the home directory',
    'Its file system is mounted noexec, so neither Node nor the engines can be started there.',
    'A hardened system.',
    'Name a directory elsewhere with `home` in the inventory, or mount it without noexec.',
  ),
  'port-taken': stops(
    'A port is taken',
    'Another process listens where Trueno or an engine must.',
    'An earlier Trueno that was started by hand, or another service.',
    'Stop that process. Trueno cannot be told other ports.',
  ),
  'spark-moved-port': stops(
    'Spark moved to another port',
    'Its port is taken. Spark goes on to the next one and says that all is well; its workers look for it in vain.',
    'An earlier Spark that is still there.',
    'Free the port, then `trueno-deploy down` and `up` again.',
  ),
  'address-not-local': stops(
    'The address is not one of this host',
    'The key of the host in `cluster.json` resolves to an address that the host does not have, so nothing can listen there.',
    'A public address that is translated, or a wrong entry in /etc/hosts.',
    'Use an address of the host itself as its key, or correct /etc/hosts there.',
  ),
  'own-name-unknown': stops(
    'A host name is not found',
    'A host cannot resolve its own name, or that of another host. Spark needs its own.',
    '/etc/hosts without an entry for it.',
    "Add it to the host's /etc/hosts or its name server.",
  ),
  'user-unknown': stops(
    'The run user has no name',
    'Spark asks for the name of its user and ends when there is none.',
    'A user of a container that is not in /etc/passwd.',
    'Add the user to the user database of the host.',
  ),
} satisfies Section['entries']
