import { isAddress, peersOf } from '../../trueno/peers.js'
import type { Checked, Find } from './checked.js'
import { isLoopback, runsJava, runsRealElasticsearch } from './engines.js'

/** What could not be looked at is said, and not passed by in silence. */
export const allSeen: Find = (checked) => {
  const unseen = Object.entries(sights).flatMap(([what, isUnseen]) => (isUnseen(checked) ? [what] : []))
  if (unseen.length === 0) return []
  return [
    {
      title: 'not everything could be looked at',
      cause: `could not look at ${unseen.join('; ')}`,
      remedy: 'look at it yourself when `up` fails there',
    },
  ]
}

/** Each with whether it matters here and is not known. */
const sights: Readonly<Record<string, (checked: Checked) => boolean>> = {
  'who listens on its ports (/proc/net/tcp cannot be read)': ({ facts }) => !facts.listenersSeen,
  'its file systems (/proc/mounts says nothing of them)': ({ facts: { home, data } }) =>
    [home, data].some(({ filesystem }) => filesystem === 'unknown'),
  'the room on its disks (df says nothing)': ({ facts: { home, data } }) =>
    [home, data].some(({ sizeKiB }) => sizeKiB === 0),
  'what becomes of processes when a session ends (logind.conf cannot be read)': ({ facts: { machine } }) =>
    machine.session?.end === 'unknown',
  'its memory (/proc/meminfo cannot be read)': (checked) => runsJava(checked) && checked.facts.machine.memoryKiB === 0,
  'the limits of the session (/proc/self/limits cannot be read)': (checked) =>
    runsJava(checked) && Object.values(checked.facts.machine.limits).every((limit) => limit === null),
  'vm.max_map_count': (checked) => runsRealElasticsearch(checked) && checked.facts.machine.maxMapCount === null,
  swap: (checked) => runsRealElasticsearch(checked) && checked.facts.machine.swapKiB === null,
  'transparent huge pages': (checked) => runsRealElasticsearch(checked) && checked.facts.machine.hugePages === null,
  'which addresses it has (/proc/net/fib_trie does not say)': ({ facts, host }) =>
    host.member && facts.localAddresses === null && facts.ownAddresses.some((address) => !isLoopback(address)),
  'names of other hosts (there is no getent, or nobody answered in time)': ({ host, facts, context }) =>
    peersOf(host, context.cluster).some(({ key }) => !isAddress(key) && facts.names[key] === undefined),
}
