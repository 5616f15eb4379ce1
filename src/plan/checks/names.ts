import type { HostKey } from '../../cluster/cluster.js'
import type { Facts } from '../../cluster/facts.js'
import { isAddress, peersOf } from '../../trueno/peers.js'
import type { Checked, Find } from './checked.js'
import { isLoopback, runsRealSpark } from './engines.js'

export const nameResolves: Find = ({ host, facts }) => {
  if (!host.member || facts.ownAddresses.length > 0) return []
  return [
    {
      title: 'the host does not know its own name',
      cause: `${host.key} does not resolve on the host itself, and Trueno binds to it`,
      remedy: `add ${host.key} to the host's /etc/hosts or its name server`,
    },
  ]
}

/** Trueno has its engines listen on the address of the key. */
export const addressIsLocal: Find = ({ host, facts }) => {
  const { localAddresses, ownAddresses } = facts
  const elsewhere = ownAddresses.filter((address) => !address.includes(':') && !isLoopback(address))
  if (!host.member || localAddresses === null || elsewhere.length < ownAddresses.length || elsewhere.length === 0)
    return []
  if (elsewhere.some((address) => localAddresses.includes(address))) return []
  return [
    {
      title: "the host's key is no address of the host",
      cause: `${isAddress(host.key) ? host.key : `${host.key} means ${elsewhere.join(', ')}, which`} is not an address of this host, so nothing can listen there; it has ${localAddresses.join(', ') || 'none but loopback'}`,
      remedy:
        'use an address of the host itself as its key (a public one that is translated is none), and `ssh:` in the inventory for how you reach it',
    },
  ]
}

/** Spark asks for the address of the machine's own name, and ends when there is none (real-engines, 5). */
export const hostnameResolves: Find = (checked) => {
  const { hostname, found } = ownName(checked)
  if (!asksForHostname(checked) || found === undefined || found.length > 0) return []
  return [
    {
      title: 'Spark would not start',
      cause: `the host is called ${hostname}, and does not find that name itself; Spark ends then`,
      remedy: `add ${hostname} to /etc/hosts there, or set \`spark.localIp\` in the inventory`,
    },
  ]
}

export const hostnameNotLoopback: Find = (checked) => {
  const { facts } = checked
  const { hostname, found = [] } = ownName(checked)
  const isLoop = found.length > 0 && found.every(isLoopback)
  if (!asksForHostname(checked) || !isLoop || facts.ownAddresses.every(isLoopback)) return []
  const cards = facts.localAddresses ?? []
  const isSeveral = cards.length > 1
  return [
    {
      title: 'Spark will choose an address by itself',
      cause: `the host takes its own name ${hostname} for ${found[0]}, so Spark takes the address of ${isSeveral ? 'one of its network cards' : 'a network card'}`,
      evidence: isSeveral ? `its addresses are ${cards.join(', ')}` : '',
      remedy: `set \`spark.localIp: ${facts.ownAddresses.find((address) => !isLoopback(address))}\` for this host in the inventory`,
    },
  ]
}

export const peersResolve: Find = ({ host, facts, context }) => {
  const missing = peersOf(host, context.cluster).filter(({ key }) => facts.names[key]?.length === 0)
  if (missing.length === 0) return []
  const names = missing.map(({ key }) => key).join(', ')
  return [
    {
      title: 'the host does not find others by their names',
      cause: `${names} ${missing.length === 1 ? 'is' : 'are'} not found on this host, which has to talk to ${missing.length === 1 ? 'it' : 'them'}`,
      remedy: `add ${names} to its /etc/hosts or its name server, or use addresses in cluster.json`,
    },
  ]
}

/** What listens on loopback is heard by nobody else. */
export const nameNotLoopback: Find = ({ host, facts, context }) => {
  const { key } = host
  const isLoop = !isAddress(key) && facts.ownAddresses.length > 0 && facts.ownAddresses.every(isLoopback)
  const other = [...context.facts.values()].find((one) => one.host !== key && addressOf(key, one) !== undefined)
  if (!isLoop || other === undefined) return []
  const address = addressOf(key, other)
  return [
    {
      title: 'the host takes its own key for loopback',
      cause: `${key} is ${facts.ownAddresses[0]} on the host itself and ${address} on ${other.host}; what Trueno starts here would listen where no other host can reach it`,
      remedy: `put the line "${address} ${key}" into /etc/hosts there, and take ${key} out of the one with ${facts.ownAddresses[0]}`,
    },
  ]
}

export const namesAgree: Find = ({ host, facts, context }) => {
  const differing = peersOf(host, context.cluster).flatMap(({ key }) => difference(key, facts, context.facts.get(key)))
  if (differing.length === 0) return []
  return [
    {
      title: 'names mean other addresses here than there',
      cause: differing.join('; '),
      remedy: 'let them mean the same on every host: in /etc/hosts or the name server',
    },
  ]
}

function difference(key: HostKey, here: Facts, there: Facts | undefined): readonly string[] {
  const [found = [], own = []] = [here.names[key], there?.ownAddresses]
  const isTold = own.every(isLoopback) && addressOf(key, here) !== undefined
  if (found.length === 0 || own.length === 0 || isTold || found.some((address) => own.includes(address))) return []
  return [`${key} is ${found[0]} here and ${own[0]} on that host itself`]
}

/** Where another host would look for that name, unless on itself. */
function addressOf(key: HostKey, { names }: Facts): string | undefined {
  return names[key]?.find((address) => !isLoopback(address))
}

function asksForHostname(checked: Checked): boolean {
  return runsRealSpark(checked) && checked.host.spark.localIp === undefined
}

function ownName({ facts: { machine, names } }: Checked): { hostname: string; found: readonly string[] | undefined } {
  return { hostname: machine.hostname, found: names[machine.hostname] }
}
