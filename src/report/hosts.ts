import type { HostKey } from '../cluster/cluster.js'

/** Hosts in few words: `192.168.1.42, .43 and 8 more`. At most three are named. */
export function namesOf(hosts: readonly HostKey[]): string {
  const named = hosts.length > 3 ? hosts.slice(0, 2) : hosts
  const names = named.map((host, index) => shortAfter(host, named[index - 1])).join(', ')
  return named.length === hosts.length ? names : `${names} and ${hosts.length - named.length} more`
}

/** After an address of the same network its last number is enough. */
function shortAfter(host: HostKey, previous: HostKey | undefined): string {
  const network = networkOf(host)
  return network !== null && previous !== undefined && networkOf(previous) === network
    ? host.slice(network.length)
    : host
}

function networkOf(host: HostKey): string | null {
  return /^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/.exec(host)?.[1] ?? null
}

/** The text with the host's own name left out, so that what several hosts say of themselves can be compared. */
export function withoutHost(text: string, host: HostKey, instead = '…'): string {
  return text.replace(new RegExp(`(?<![\\w.-])${escape(host)}(?![\\w-]|\\.\\w)`, 'g'), instead)
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
