import { isLocal, isPublic } from '../../cluster/addresses.js'
import type { HostKey } from '../../cluster/cluster.js'
import type { Facts } from '../../cluster/facts.js'
import { components, titleOfPort } from '../../trueno/components.js'
import type { FindAcross } from './checked.js'

/** Hosts with an address that all the world can route to: several ports listen on all addresses. */
export const noPublicAddress: FindAcross = ({ chosen, facts }) => {
  const found = chosen.flatMap(({ key, member }) => {
    const own = facts.get(key)
    const open = own === undefined || !member ? [] : addressesOf(own).filter(isPublic)
    return open.length > 0 ? [`${key}: ${open.join(', ')}`] : []
  })
  if (found.length === 0) return []
  return [
    {
      title: `${found.length === 1 ? 'a host has a' : `${found.length} hosts have`} public address${found.length === 1 ? '' : 'es'}`,
      cause: `unless a firewall forbids it, all the world can use ${everywhere}: none asks for a password, and they listen on all addresses`,
      evidence: listed(found),
      remedy: 'let a firewall admit only the hosts of the cluster, and those who are to use it',
    },
  ]
}

/** What this machine gets through to without SSH, others do too. */
export const closedToOthers: FindAcross = ({ surroundings: { openPorts }, facts }) => {
  const reached = [...openPorts].filter(
    ([key, ports]) => ports.length > 0 && !(facts.get(key)?.ownAddresses ?? []).every(isLocal),
  )
  if (reached.length === 0) return []
  const hosts = new Map<number, HostKey[]>()
  for (const [key, ports] of reached) for (const port of ports) hosts.set(port, [...(hosts.get(port) ?? []), key])
  const lines = [...hosts]
    .sort(([one], [other]) => one - other)
    .map(([port, keys]) => `${port} ${titleOfPort(port)}: ${some(keys)}`)
  return [
    {
      title: 'ports are open to whoever is where this machine is',
      cause: `this machine gets through to ${reached.length === 1 ? 'a host' : `${reached.length} hosts`} without SSH, and nothing there asks for a password: whoever can do that can read and change all of it`,
      evidence: lines.join('\n'),
      remedy: 'let a firewall admit only the hosts of the cluster, and those who are to use it',
    },
  ]
}

/** `Trueno (8000, 8001), …`: what listens on all addresses. */
const everywhere = components
  .map(({ title, ports }) => ({ title, open: ports.filter(({ on }) => on === 'all').map(({ port }) => port) }))
  .flatMap(({ title, open }) => (open.length === 0 ? [] : [`${title} (${open.join(', ')})`]))
  .concat("pm2's page (8088)")
  .join(', ')

function addressesOf({ ownAddresses, localAddresses }: Facts): readonly string[] {
  return [...new Set([...ownAddresses, ...(localAddresses ?? [])])]
}

function some(keys: readonly HostKey[]): string {
  return keys.length > 3 ? `${keys[0]} and ${keys.length - 1} more` : keys.join(', ')
}

function listed(lines: readonly string[]): string {
  return lines.length > 10 ? [...lines.slice(0, 10), `and ${lines.length - 10} more`].join('\n') : lines.join('\n')
}
