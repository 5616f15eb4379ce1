import type { LimitName } from '../../cluster/facts.js'
import type { Checked, Find, Finding } from './checked.js'
import { elasticsearchInsists, runsJava, runsRealElasticsearch } from './engines.js'

export const elasticsearchNotRoot: Find = (checked) => {
  if (!runsRealElasticsearch(checked) || checked.facts.user.uid !== 0) return []
  return [
    {
      title: 'Elasticsearch would run as root',
      cause: 'Trueno would run as root, and Elasticsearch refuses to run as root',
      remedy:
        'name a user of the host that everything is done as: `runAs: USER` in the inventory; or log in as another: `user:` in the inventory or User in your SSH configuration',
    },
  ]
}

export const wantedMaps = 262_144
export const wantedFiles = 65_536
export const wantedThreads = 2048

export const enoughMaps: Find = (checked) => {
  const found = checked.facts.machine.maxMapCount
  if (!elasticsearchInsists(checked) || found === null || found >= wantedMaps) return []
  return [
    refused(
      `the kernel allows too few memory maps: vm.max_map_count is ${found}, Elasticsearch wants ${wantedMaps}`,
      `sudo sysctl -w vm.max_map_count=${wantedMaps}`,
    ),
  ]
}

export const enoughFiles: Find = (checked) => {
  const found = lower('open-files', wantedFiles, checked)
  return found === null ? [] : [limitTooLow(`open at most ${found} files`, 'nofile', wantedFiles)]
}

export const enoughThreads: Find = (checked) => {
  const found = lower('threads', wantedThreads, checked)
  return found === null ? [] : [limitTooLow(`run at most ${found} threads`, 'nproc', wantedThreads)]
}

/** Only where the inventory asks Elasticsearch to lock its memory. */
export const memoryLockable: Find = (checked) => {
  const wanted = checked.host.elasticsearch.settings['bootstrap.memory_lock']
  const found = lower('locked-memory', Number.POSITIVE_INFINITY, checked)
  if (String(wanted) !== 'true' || found === null) return []
  return [
    refused(
      `bootstrap.memory_lock is set in the inventory, and the run user may lock ${Math.floor(found / 1024)} KiB only`,
      'set memlock to unlimited for that user in /etc/security/limits.conf, or take bootstrap.memory_lock out',
    ),
  ]
}

export const addressSpaceFree: Find = (checked) => {
  const found = checked.facts.machine.limits['address-space']
  if (!runsJava(checked) || found === null || found === Number.POSITIVE_INFINITY) return []
  return [
    {
      title: 'Java may not take the addresses that it wants',
      cause: `a process of the run user may take ${Math.floor(found / 1024 ** 2)} MiB of addresses (hard limit of this session); Elasticsearch wants no limit, and a JVM takes many times its heap`,
      remedy: 'set `as` to unlimited for that user in /etc/security/limits.conf',
    },
  ]
}

/** Java writes native libraries to /tmp and loads them from there. */
export const temporaryRuns: Find = (checked) => {
  const isElsewhere = checked.host.java.options.elasticsearch.some((option) =>
    /^-D(java\.io|jna)\.tmpdir=/.test(option),
  )
  if (!elasticsearchInsists(checked) || !checked.facts.machine.temporaryNoExec || isElsewhere) return []
  return [
    {
      title: 'Elasticsearch may not start',
      cause: '/tmp is mounted noexec, and Elasticsearch loads a library from there with which it locks itself in',
      remedy: `name another directory: \`java.options.elasticsearch: [-Djava.io.tmpdir=DIRECTORY]\` in the inventory`,
    },
  ]
}

export const swapOff: Find = (checked) => {
  const { swapKiB } = checked.facts.machine
  if (!runsRealElasticsearch(checked) || swapKiB === null || swapKiB === 0) return []
  return [
    {
      title: 'the heap of Elasticsearch may be swapped out',
      cause: `${Math.ceil(swapKiB / 1024)} MiB of swap are on; a heap that is swapped out answers so slowly that hosts drop out`,
      remedy: 'sudo swapoff -a (and take it out of /etc/fstab), or have it used last: sudo sysctl -w vm.swappiness=1',
    },
  ]
}

export const hugePagesOnDemand: Find = (checked) => {
  if (!runsRealElasticsearch(checked) || checked.facts.machine.hugePages !== 'always') return []
  return [
    {
      title: 'the kernel makes huge pages of everything',
      cause: 'transparent huge pages are set to always; the engines stand still while the kernel puts them together',
      remedy: 'echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled',
    },
  ]
}

export const outlivesSession: Find = ({ host, facts }) => {
  const { session } = facts.machine
  if (!host.member || session?.end !== 'kills') return []
  return [
    {
      title: 'what is started would end with the login',
      cause: `systemd kills what ${session.user} leaves running when a session ends (KillUserProcesses), Trueno and its engines too`,
      remedy: `write KillExcludeUsers=root ${session.user} below [Login] into a file of /etc/systemd/logind.conf.d, then: sudo systemctl restart systemd-logind (lingering does not spare what a session started)`,
    },
  ]
}

/** @param may what the user may, by that limit */
function limitTooLow(may: string, item: string, wanted: number): Finding {
  return refused(
    `the run user may ${may} (hard limit of this session), Elasticsearch wants ${wanted}`,
    `raise ${item} to ${wanted} for that user in /etc/security/limits.conf`,
  )
}

function refused(cause: string, remedy: string): Finding {
  return { title: 'Elasticsearch would not start', cause, remedy }
}

/** The hard limit where it is lower than that and Elasticsearch minds; the soft one is raised to it before a start. */
function lower(limit: LimitName, wanted: number, checked: Checked): number | null {
  const found = checked.facts.machine.limits[limit]
  return elasticsearchInsists(checked) && found !== null && found < wanted ? found : null
}
