import type { Condition, Disk, SceneLine } from './scene.js'

/** What `evidence.sh` tells of a host. */
export interface Looked {
  readonly lines: readonly SceneLine[]
  readonly condition: Condition | null
}

/** Reads its output: logs one after the other, each headed `==> path <==`, and last the state. */
export function readScene(output: string): Looked {
  let file = ''
  const lines: SceneLine[] = []
  const state: string[][] = []
  for (const text of output.split('\n')) {
    const heading = /^==> (.+) <==$/.exec(text)
    if (heading !== null) file = heading[1] ?? ''
    else if (file === 'state') state.push(text.split('\t'))
    else if (text.trim() !== '') lines.push({ file, text })
  }
  return { lines, condition: state.length === 0 ? null : conditionOf(state) }
}

/** Lines of an unknown name are left out: they are of a later version. */
function conditionOf(state: readonly (readonly string[])[]): Condition {
  const all = (name: string): readonly (readonly string[])[] =>
    state.filter(([first]) => first === name).map(([, ...fields]) => fields)
  const one = (name: string): readonly string[] => all(name)[0] ?? []
  return {
    now: number(one('now')[0]),
    start: number(one('start')[0]),
    memory: memoryOf(one('memory')),
    disks: all('disk').map(diskOf),
    openFiles: number(one('open-files')[0]),
    limits: all('limits').map(([pid, name = '', openFiles = '', processes = '', lockedMemory = '']) => ({
      pid: Number(pid),
      name,
      openFiles,
      processes,
      lockedMemory,
    })),
    processes: all('process').map(([pid, up, name = '', restarts, command = '']) => ({
      pid: Number(pid),
      upSeconds: number(up) ?? 0,
      name,
      restarts: number(restarts) ?? 0,
      command,
    })),
    listeners: all('listener').map(([port, address = '', pid, user = '', command = '', whose]) => ({
      port: Number(port),
      address,
      pid: number(pid),
      user,
      command,
      ours: whose === 'ours',
    })),
    oomKills: number(one('oom-kills')[0]),
    kernel: all('kernel').map(([text = '']) => text),
    pm2: one('pm2')[0] || null,
    node: one('node')[0] || null,
  }
}

function memoryOf([total, available, swap]: readonly string[]): Condition['memory'] {
  if (number(total) === null) return null
  return { totalKiB: Number(total), availableKiB: number(available) ?? 0, swapFreeKiB: number(swap) ?? 0 }
}

function diskOf([name, path = '', free, inodes, filesystem = '', options = '']: readonly string[]): Disk {
  return {
    name: name as Disk['name'],
    path,
    freeKiB: number(free) ?? 0,
    freeInodes: number(inodes),
    filesystem,
    options: options.split(','),
  }
}

/** Null for what is no number, as `unlimited`, or is not there. */
function number(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null
}
