import type { Host } from '../../cluster/cluster.js'
import type { Facts, Listener } from '../../cluster/facts.js'
import { errorProblem, type Problem } from '../../errors.js'
import { type Port, portsOf } from '../../trueno/components.js'
import type { Release } from '../../trueno/release.js'
import { toStart } from '../context.js'
import type { Checked } from './checked.js'

export function nameResolves({ host, facts }: Checked): readonly Problem[] {
  if (!host.member || facts.ownAddresses.length > 0) return []
  return [
    errorProblem({
      code: 'own-name-unknown',
      title: 'the host does not know its own name',
      cause: `${host.key} does not resolve on the host itself, and Trueno binds to it`,
      remedy: `add ${host.key} to the host's /etc/hosts or its name server`,
      host: host.key,
    }),
  ]
}

/** Ports are looked at where Trueno is about to be started; what runs has them already. */
export function portsFree(checked: Checked): readonly Problem[] {
  const { host, facts, context, release } = checked
  const toBalance =
    context.cluster.balancer?.host === host.key
      ? [{ port: context.cluster.balancer.sourcePort, on: 'all' } as const]
      : []
  const ports = toStart(host, facts, context) ? portsOf(host, context.cluster) : []
  return [...ports, ...toBalance].flatMap((port) =>
    taken(port, facts, release).map((listener) => portTaken(host, port, listener)),
  )
}

function taken(port: Port, facts: Facts, release: Release | null): readonly Listener[] {
  const everywhere = port.on === 'all' && release?.binds !== 'host'
  const candidates = facts.listeners.filter((listener) => listener.port === port.port && !listener.ours)
  return candidates
    .filter((listener) => everywhere || listener.address === '*' || facts.ownAddresses.includes(listener.address))
    .slice(0, 1)
}

function portTaken(host: Host, port: Port, listener: Listener): Problem {
  const owner =
    listener.pid === null ? 'another process (the kernel does not tell this user which)' : `process ${listener.pid}`
  const details = [listener.user && `user ${listener.user}`, listener.command].filter(Boolean).join(', ')
  return errorProblem({
    code: 'port-taken',
    title: `port ${port.port} is taken`,
    cause: `${owner}${details ? ` (${details})` : ''} listens on ${listener.address}:${port.port}`,
    remedy: listener.pid === null ? 'stop that process' : `stop that process: kill ${listener.pid}`,
    host: host.key,
  })
}
