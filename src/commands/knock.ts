import type { HostKey } from '../cluster/cluster.js'
import type { Reach } from '../cluster/reach.js'
import { DialError, type DialOptions, dial } from '../ssh/dial.js'
import { createSlots } from '../ssh/slots.js'
import type { ReadContext } from './context.js'

export interface KnockOptions extends Pick<DialOptions, 'world' | 'only'> {
  /** How hosts are reached. */
  readonly reaches: ReadonlyMap<HostKey, Reach>
  /** Addresses that are not to be tried. */
  readonly leaveOut: (address: string) => boolean
}

const limitMs = 1000

const mostAtOnce = 128

/** Connects where a host is reached without a detour, and closes at once. A host behind others has another way in. */
export function createKnock({ reaches, leaveOut, world, only }: KnockOptions): NonNullable<ReadContext['knock']> {
  const slots = createSlots(mostAtOnce)
  const isOpen = async (address: string, port: number): Promise<boolean> => {
    try {
      const socket = await dial(address, port, { world, only, timeoutMs: limitMs })
      socket.destroy()
      return true
    } catch (error) {
      if (error instanceof DialError) return false
      throw error
    }
  }
  return async (host, ports) => {
    const address = directAddress(reaches.get(host))
    if (address === null || leaveOut(address)) return []
    const open = await Promise.all(ports.map((port) => slots.use(() => isOpen(address, port))))
    return ports.filter((_, index) => open[index])
  }
}

/** Null: there is a jump host or a command in between. */
function directAddress(reach: Reach | undefined): string | null {
  const { hostname, proxyJump, proxyCommand } = reach?.values ?? {}
  const isBehind = [proxyJump, proxyCommand].some((detour) => detour !== undefined && detour.value !== 'none')
  return isBehind || hostname === undefined ? null : hostname.value
}
