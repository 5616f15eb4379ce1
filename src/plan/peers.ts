import type { Host, HostKey, Sha256 } from '../cluster/cluster.js'
import type { Facts } from '../cluster/facts.js'
import type { Artifact } from '../trueno/release.js'
import { artifactsFor, missingParts } from './artifacts.js'
import type { PlanContext } from './context.js'
import type { Peers } from './plan.js'

/** From so many hosts on it is worth while to send it once and have it passed on. */
const fewest = 3
/** What is smaller is sent before a host could serve it. */
const smallest = 1024 * 1024

/** How this host can get an artifact from others that want it too; undefined: it gets it from the laptop. */
export function peersFor(host: Host, artifact: Artifact, facts: Facts, context: PlanContext): Peers | undefined {
  if (!context.relay || artifact.bytes < smallest) return undefined
  if ((wanted(context).get(artifact.sha256) ?? 0) < fewest) return undefined
  const address = addressOf(host.key, facts)
  return { address, network: networkOf(address) }
}

const counts = new WeakMap<PlanContext, ReadonlyMap<Sha256, number>>()

/** How many hosts lack each artifact; added up once for all hosts of a plan. */
function wanted(context: PlanContext): ReadonlyMap<Sha256, number> {
  const known = counts.get(context)
  if (known !== undefined) return known
  const count = new Map<Sha256, number>()
  for (const host of context.chosen)
    for (const { sha256 } of lackingOn(host, context)) count.set(sha256, (count.get(sha256) ?? 0) + 1)
  counts.set(context, count)
  return count
}

/** The artifacts that are to be brought to a host. */
export function lackingOn(host: Host, context: PlanContext): readonly Artifact[] {
  const facts = context.facts.get(host.key)
  if (facts === undefined) return []
  const lacking = missingParts(artifactsFor(host, facts, context), facts, context) ?? []
  return lacking.filter(({ sha256 }) => !facts.artifacts.includes(sha256))
}

/** Where its peers reach a host: by its key, as Trueno does. Many systems give their own name a loopback address. */
function addressOf(key: HostKey, { ownAddresses }: Facts): string {
  if (isAddress(key)) return key
  return ownAddresses.find((address) => isAddress(address) && !isLoopback(address)) ?? key
}

/** The /24 of an IPv4 address, the /64 of an IPv6 one; all names are taken for neighbours. */
function networkOf(address: string): string {
  if (isIpv4(address)) return `${address.split('.').slice(0, 3).join('.')}.0/24`
  return isAddress(address) ? `${address.toLowerCase().split(':').slice(0, 4).join(':')}::/64` : 'names'
}

function isAddress(text: string): boolean {
  return isIpv4(text) || /^[0-9a-f]*:[0-9a-f:.]+$/i.test(text)
}

function isIpv4(text: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}
