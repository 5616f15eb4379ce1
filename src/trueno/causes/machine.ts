import { componentOfProcess } from '../components.js'
import { type Disk, exitsIn, type Scene } from '../scene.js'
import { again, type Cause, type Clue, clue, memoryLeft, seen, told } from './cause.js'

const elsewhere = 'or name another directory with `home` or `data` in the inventory'

/** What the kernel and its limits refuse. */
export const machine: readonly Cause[] = [
  told('disk-full', /no space left on device|disk quota exceeded|\bEDQUOT\b/i, {
    title: 'The disk is full',
    cause: (_, scene) => `there is no space left on the device${fullest(scene)}`,
    remedy: () => `free space on the host, ${elsewhere}; ${again}`,
  }),
  told('disk-read-only', /\bEROFS\b|Read-only file system/i, {
    title: 'The disk is read-only',
    cause: (_, scene) =>
      `a file system cannot be written to any more${list(scene, ({ options }) => options.includes('ro'))}`,
    remedy: () => `see \`dmesg\` on the host, mount it writable again, ${elsewhere}`,
  }),
  seen('disk-read-only', (scene) => disks(scene, ({ options }) => options.includes('ro')), {
    title: 'The disk is read-only',
    cause: ([path]) => `the file system of ${path} cannot be written to`,
    remedy: () => `see \`dmesg\` on the host, mount it writable again, ${elsewhere}`,
  }),
  seen('home-noexec', noexec, {
    title: 'Nothing may be run from the home directory',
    cause: ([path]) => `${path} is on a file system that is mounted noexec, so that nothing in it can be started`,
    remedy: () => 'name a directory elsewhere with `home` in the inventory, or mount it without noexec',
  }),
  seen('out-of-memory-kill', outOfMemory, {
    title: 'The kernel killed a process for want of memory',
    cause: ([process]) => `memory was used up, and the kernel ended ${process}`,
    also: memoryLeft,
    remedy: () => 'lower java.heap and spark.daemonHeap in the inventory, or give the host more memory',
  }),
  told(
    'processes-exhausted',
    /unable to create (?:new )?native thread|pthread_create failed|fork: (?:retry: )?Resource temporarily unavailable|spawn \S+ EAGAIN/,
    {
      title: 'The run user may start no more processes',
      cause: (_, scene) => `as many processes or threads run as the user may have${limitOf(scene, 'processes')}`,
      remedy: () => `raise nproc for that user in /etc/security/limits.conf, ${again}`,
    },
  ),
  told('open-files-exhausted', /Too many open files|\b(?:EMFILE|ENFILE)\b/, {
    title: 'No more files can be opened',
    cause: (_, scene) => `a process has as many files open as it may${limitOf(scene, 'openFiles')}`,
    remedy: () => `raise nofile for that user in /etc/security/limits.conf, ${again}`,
  }),
  seen('disk-full', (scene) => disks(scene, isFull), {
    tells: 'heading',
    title: 'The disk is full',
    cause: ([path]) => `the file system of ${path} has no space, or no files, left`,
    remedy: () => `free space on the host, ${elsewhere}; ${again}`,
  }),
  seen('killed', killedProcesses, {
    tells: 'heading',
    title: 'A process was killed',
    cause: ([process]) => `${process} was ended by SIGKILL from outside; it did not end by itself`,
    remedy: () => `find out who kills it on the host (a guard of memory, an administrator), ${again}`,
  }),
]

function disks({ condition }: Scene, is: (disk: Disk) => boolean): readonly Clue[] {
  const found = (condition?.disks ?? []).filter((disk) => disk.name !== 'tmp' && is(disk))
  return found.slice(0, 1).map((disk) => clue(describe(disk), [disk.path]))
}

function isFull({ freeKiB, freeInodes }: Disk): boolean {
  return freeKiB < 1024 || freeInodes === 0
}

function describe({ path, freeKiB, freeInodes, filesystem, options }: Disk): string {
  const files = freeInodes === null ? '' : `, ${freeInodes} files`
  return `${path}: ${Math.floor(freeKiB / 1024)} MiB${files} free, ${filesystem} (${options.join(',')})`
}

function fullest(scene: Scene): string {
  return list(scene, isFull)
}

function list({ condition }: Scene, is: (disk: Disk) => boolean): string {
  const paths = (condition?.disks ?? []).filter(is).map(({ path }) => path)
  return paths.length === 0 ? '' : `: ${paths.join(', ')}`
}

/** Only where something was refused: on some systems every mount is noexec but for a loader that is allowed. */
function noexec(scene: Scene): readonly Clue[] {
  const refused = scene.lines.find(({ text }) => /Permission denied|EACCES|exited with 126/.test(text))
  const [found] = disks(scene, ({ name, options }) => name === 'home' && options.includes('noexec'))
  return found === undefined || refused === undefined
    ? []
    : [{ ...found, evidence: `${found.evidence}\n${refused.text}` }]
}

/** As which the kernel knows what is ours: engines, Trueno, pm2, launchers. */
const ourNames = /^(?:java|node|PM2|bash|sh)\b/

/** The kernel names the process, also one of others or of another container; where it tells us nothing, its count and a SIGKILL do. */
function outOfMemory(scene: Scene): readonly Clue[] {
  const said = (scene.condition?.kernel ?? []).flatMap((text) => {
    const [, name = ''] = /[Kk]illed process \d+[, ]+\(?([^),\s]+)/.exec(text) ?? []
    return ourNames.test(name) ? [clue(text, [name])] : []
  })
  if (said.length > 0) return said
  if ((scene.condition?.oomKills ?? 0) === 0) return []
  return killedProcesses(scene)
}

function killedProcesses(scene: Scene): readonly Clue[] {
  return exitsIn(scene)
    .filter(({ signal, process }) => signal === 'SIGKILL' && !isStopped(process, scene))
    .map(({ process, line }) => {
      const component = componentOfProcess(process)
      return clue(`${line.file}\n${line.text}`, [component?.title ?? process], component?.directory ?? process)
    })
}

/** What pm2 itself stops, it kills when it does not hear. */
function isStopped(process: string, { lines }: Scene): boolean {
  return lines.some(({ text }) => text.includes(`Stopping app:${process} id:`))
}

function limitOf({ condition }: Scene, name: 'openFiles' | 'processes'): string {
  const [lowest] = (condition?.limits ?? [])
    .map((limits) => limits[name])
    .sort((one, other) => Number(one) - Number(other))
  return lowest === undefined || lowest === '' ? '' : `: the limit is ${lowest}`
}
