import type { Facts, Listener } from '../../cluster/facts.js'
import { type Port, portsOf } from '../../trueno/components.js'
import type { Release } from '../../trueno/release.js'
import { toStart } from '../context.js'
import type { Find, Finding } from './checked.js'

/** Ports are looked at where Trueno is about to be started; what runs has them already. */
export const portsFree: Find = ({ host, facts, context, release }) => {
  const toBalance =
    context.cluster.balancer?.host === host.key
      ? [{ port: context.cluster.balancer.sourcePort, on: 'all' } as const]
      : []
  const ports = toStart(host, facts, context) ? portsOf(host, context.cluster) : []
  return [...ports, ...toBalance].flatMap((port) =>
    taken(port, facts, release).map((listener) => portTaken(port, listener)),
  )
}

function taken(port: Port, facts: Facts, release: Release | null): readonly Listener[] {
  const everywhere = port.on === 'all' && release?.binds !== 'host'
  const candidates = facts.listeners.filter((listener) => listener.port === port.port && !listener.ours)
  return candidates
    .filter((listener) => everywhere || listener.address === '*' || facts.ownAddresses.includes(listener.address))
    .slice(0, 1)
}

function portTaken(port: Port, { pid, user, command, address }: Listener): Finding {
  const owner = pid === null ? 'another process (the kernel does not tell this user which)' : `process ${pid}`
  const details = [user && `user ${user}`, command].filter(Boolean).join(', ')
  return {
    title: `port ${port.port} is taken`,
    cause: `${owner}${details ? ` (${details})` : ''} listens on ${address}:${port.port}`,
    remedy: pid === null ? 'stop that process' : `stop that process: kill ${pid}`,
  }
}
