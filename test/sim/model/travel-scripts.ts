import type { Hear } from '../../../src/ssh/connection.js'
import { type Machine, pause } from './machine.js'
import type { Network } from './network.js'
import { requireHash, requireHome, type Script, ScriptExit } from './script.js'

/** What a script that is still being sent something says, and what it does with what comes. */
export interface Answers {
  readonly hear: Hear
  readonly take: (chunk: Uint8Array) => void
  /** Nothing comes any more. */
  readonly end: () => void
}

/** What has arrived of an artifact stays when it breaks off. Of several that send it at once only the last adds to it. */
export function receiving([, , sha256 = '', , wire = '', , , source]: readonly string[], { disk }: Machine): Answers {
  const lines = disk.artifacts.has(sha256) ? ['present'] : [`from ${disk.parts.get(wire)?.text.length ?? 0}`]
  const part = { text: disk.parts.get(wire)?.text ?? '' }
  disk.parts.set(wire, part)
  return {
    hear: async () => lines.shift(),
    take: (chunk) => {
      if (!disk.isFull && source === 'here') part.text += Buffer.from(chunk).toString('utf8')
    },
    end: () => undefined,
  }
}

/** TOKEN HOME SHA256 ENCODING WIRE BYTES TREE SOURCE KEEP; the bytes of a model artifact are its own name. */
export const receive: Script = async (args, run) => {
  const [, home, sha256, , wire = '', , , source, keep] = args
  const { machine } = run
  requireHome(home, machine)
  const id = requireHash('SHA256', sha256)
  if (machine.disk.artifacts.has(id)) return 'present\n'
  if (source === 'peer') await takeFromPeer(wire, machine, run.network, run.input)
  const { text = '' } = machine.disk.parts.get(wire) ?? {}
  if (text.length < id.length)
    throw new ScriptExit(70, `what was sent ended after ${text.length} of ${id.length} bytes`)
  machine.disk.parts.delete(wire)
  if (text !== id) throw new ScriptExit(71, `what arrived is not artifact ${id}`)
  await pause(machine, machine.chance.between(100, 1500))
  machine.disk.artifacts.add(id)
  if (keep === 'keep') machine.disk.seeds.add(wire)
  return `from 0\n${keep === 'keep' ? 'kept\n' : ''}stored\n`
}

/** Sometimes the host that has it ends in the middle. */
async function takeFromPeer(wire: string, machine: Machine, network: Network, input: string): Promise<void> {
  const [address = '', port, secret = ''] = input.trim().split(' ')
  const peer = network.machines.get(address)
  const grants = peer?.up === true ? peer.relays.get(Number(port)) : undefined
  if (grants?.get(secret) !== wire) throw new ScriptExit(76, `${address} refuses to serve it`)
  grants.delete(secret)
  const before = machine.disk.parts.get(wire)?.text ?? ''
  await pause(machine, machine.chance.between(100, 1500))
  const reached = peer?.relays.has(Number(port)) && !machine.chance.happens(0.1) ? wire.length : wire.length - 1
  machine.disk.parts.set(wire, { text: before + wire.slice(before.length, reached) })
  if (reached < wire.length) throw new ScriptExit(76, `${address} ended after ${reached} of ${wire.length} bytes`)
}

/** Serves as long as it is spoken to. */
export function relaying(machine: Machine): Answers {
  machine.lastPid += 1
  const port = 30_000 + machine.lastPid
  const grants = new Map<string, string>()
  const lines = [`listening ${port}`]
  const waiting: (() => void)[] = []
  let ended = false
  machine.relays.set(port, grants)
  const wake = (): void => waiting.splice(0).forEach((resolve) => void resolve())
  return {
    hear: async () => {
      while (lines.length === 0 && !ended) await new Promise<void>((resolve) => waiting.push(resolve))
      return lines.shift()
    },
    take: (chunk) => {
      const [word, number, secret = '', wire = ''] = Buffer.from(chunk).toString('utf8').trim().split(' ')
      if (word === 'drop' && number !== undefined) machine.disk.seeds.delete(number)
      if (word !== 'grant' || !machine.disk.seeds.has(wire)) return
      grants.set(secret, wire)
      lines.push(`granted ${number}`)
      wake()
    },
    end: () => {
      ended = true
      machine.relays.delete(port)
      wake()
    },
  }
}

/** TOKEN HOME CLUSTER serve|clear; what it does while it is spoken to is told by `relaying`. */
export const relay: Script = async ([, home], { machine }) => {
  requireHome(home, machine)
  machine.disk.seeds.clear()
  return ''
}
