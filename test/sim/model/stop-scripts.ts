import { type Machine, pause } from './machine.js'
import { killGod } from './pm2.js'
import { end, kill, type Marker, marked, type Process } from './process.js'
import { alone, requireHome, requireNumber, type Script, ScriptExit } from './script.js'

/** TOKEN HOME DATA CLUSTER_ID TIMEOUT_S PORT:ADDRESS... */
export const stop: Script = async ([, home, , clusterId = '', timeout, ...ports], { machine }) => {
  requireHome(home, machine)
  const limitMs = requireNumber('TIMEOUT_S', timeout) * 1000
  for (const port of ports) if (!/^\d+:.+$/.test(port)) throw new ScriptExit(74, `not PORT:ADDRESS: '${port}'`)
  return alone('start', machine, async () => {
    if (marked(machine, 'trueno').length === 0) {
      noteStopped(machine)
      return 'nothing\n'
    }
    await pause(machine, machine.chance.between(100, 500))
    if (machine.god !== null) {
      killGod(machine, machine.god)
      await untilGone(machine, 'trueno', clusterId, limitMs)
    }
    await endProcesses(machine, 'trueno', clusterId, limitMs)
    const told = prove(machine, 'trueno')
    noteStopped(machine)
    return told
  })
}

/** TOKEN HOME TIMEOUT_S */
export const balancerStop: Script = async ([, home, timeout], { machine }) => {
  requireHome(home, machine)
  const limitMs = requireNumber('TIMEOUT_S', timeout) * 1000
  return alone('balancer', machine, async () => {
    if (marked(machine, 'balancer').length === 0) return 'nothing\n'
    await endProcesses(machine, 'balancer', '', limitMs)
    return prove(machine, 'balancer')
  })
}

function noteStopped({ disk }: Machine): void {
  disk.stoppedStart = disk.start?.id ?? disk.stoppedStart
}

/** TERM, which all of Trueno's processes heed, then KILL. */
async function endProcesses(machine: Machine, part: Marker['part'], clusterId: string, limitMs: number): Promise<void> {
  for (const process of marked(machine, part, clusterId)) terminate(machine, process)
  await untilGone(machine, part, clusterId, limitMs)
  for (const process of marked(machine, part, clusterId)) kill(machine, process)
}

function terminate(machine: Machine, process: Process): void {
  machine.witness.signalled(machine, process)
  process.after(machine.chance.between(10, 900), () => end(machine, process, 143))
}

async function untilGone(machine: Machine, part: Marker['part'], clusterId: string, limitMs: number): Promise<void> {
  for (let waited = 0; waited < limitMs && marked(machine, part, clusterId).length > 0; waited += 200)
    await pause(machine, 200)
}

function prove(machine: Machine, part: Marker['part']): string {
  const left = marked(machine, part)
  if (left.length === 0) return 'stopped\n'
  const lines = left.map(({ pid, command }) => `left\tprocess\t${pid}\t${command}\n`)
  throw new ScriptExit(70, 'something is left running after all signals', lines.join(''))
}
