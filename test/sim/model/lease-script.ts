import { hostSeconds, type Machine, pause } from './machine.js'
import { alone, requireHome, requireNumber, type Script, ScriptExit } from './script.js'

const longestSilence = 60

/** SEEN HOME take WHO PURPOSE RUN · TOKEN HOME beat · TOKEN HOME release */
export const lease: Script = ([token, home, verb, who = '', purpose = '', asker = ''], { machine }) => {
  requireHome(home, machine)
  const given = requireNumber('TOKEN', token)
  return alone('lease', machine, async () => {
    await pause(machine, machine.chance.between(5, 60))
    if (verb === 'take') return take({ seen: given, who, purpose, run: asker }, machine)
    if (verb === 'beat') return beat(given, machine)
    if (verb === 'release') return release(given, machine)
    throw new ScriptExit(74, `the verb must be take, beat or release, not '${verb}'`)
  })
}

interface Asker {
  readonly seen: number
  readonly who: string
  readonly purpose: string
  readonly run: string
}

function take({ seen, who, purpose, run }: Asker, machine: Machine): string {
  const { disk } = machine
  const now = hostSeconds(machine)
  if (disk.lease?.run === run) return `token\t${disk.lease.token}\n`
  if (disk.lease !== null && now - disk.lease.beat <= longestSilence) {
    const { beat: last, ...owner } = disk.lease
    throw new ScriptExit(74, 'the lease is held', `held\t${JSON.stringify(owner)}\t${now - last}\n`)
  }
  const token = Math.max(seen, disk.token, disk.lease?.token ?? 0) + 1
  disk.token = token
  disk.lease = { token, who, purpose, since: now, run, beat: now }
  machine.witness.leaseTaken(machine, token)
  return `token\t${token}\n`
}

function beat(token: number, machine: Machine): string {
  const { lease: held } = machine.disk
  if (held?.token !== token) throw new ScriptExit(75, `the lease with token ${token} was taken over`)
  held.beat = hostSeconds(machine)
  return ''
}

function release(token: number, machine: Machine): string {
  const { disk } = machine
  if (disk.lease === null && disk.token === token) return ''
  if (disk.lease?.token !== token) throw new ScriptExit(75, `the lease with token ${token} was taken over`)
  disk.lease = null
  return ''
}
