import type { HostKey } from '../cluster/cluster.js'

/** What left this machine, and who passed on what. */
export interface Ledger {
  sends(host: HostKey, bytes: number): void
  serves(server: HostKey, client: HostKey): void
  /** `4 hosts, 1.6 GB`; `412 MB once from here, 3 hosts from 192.168.1.40`. @param hosts `4 hosts` */
  summary(hosts: string): string
}

export function createLedger(): Ledger {
  const sent = new Map<HostKey, number>()
  const served = new Map<HostKey, Set<HostKey>>()
  return {
    sends: (host, bytes) => sent.set(host, (sent.get(host) ?? 0) + bytes),
    serves: (server, client) => served.set(server, (served.get(server) ?? new Set()).add(client)),
    summary: (hosts) => {
      const peers = fromPeers(served)
      const parts = [peers === null ? hosts : null, fromHere(sent, peers !== null), peers]
      return parts.filter((part) => part !== null).join(', ')
    },
  }
}

function fromHere(sent: ReadonlyMap<HostKey, number>, isShared: boolean): string | null {
  if (sent.size === 0) return null
  const all = [...sent.values()].reduce((sum, bytes) => sum + bytes, 0)
  if (!isShared) return megabytes(all)
  return `${megabytes(all)} ${all <= littleMore * Math.max(...sent.values()) ? 'once ' : ''}from here`
}

/** Small parts are sent to every host: they are no reason not to say `once`. */
const littleMore = 1.2

function fromPeers(served: ReadonlyMap<HostKey, ReadonlySet<HostKey>>): string | null {
  const [first, ...others] = served.keys()
  if (first === undefined) return null
  const clients = new Set([...served.values()].flatMap((hosts) => [...hosts]))
  const more = others.length === 0 ? '' : ` and ${others.length === 1 ? '1 other' : `${others.length} others`}`
  return `${clients.size === 1 ? '1 host' : `${clients.size} hosts`} from ${first}${more}`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
}
