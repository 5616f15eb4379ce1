import { dataBelow, defaults } from './defaults.js'
import { type ConfigFile, isMapping, keysAt, type Path, valueAt } from './document.js'
import { formatDuration, longestDuration, parseDuration } from './duration.js'
import { engineRules } from './engine-rules.js'
import { environmentRule } from './environment-rule.js'
import { atKey, atValue, type Finding, findingAt, printable } from './finding.js'
import { sameAddress } from './host-keys.js'
import { runAsRule } from './run-as-rule.js'
import { suggestion } from './suggest.js'

/**
 * Finds in an inventory what no schema can say. Looks into files that are otherwise wrong as well.
 * @param cluster null when `cluster.json` cannot be read: then nothing is said of it
 */
type Rule = (inventory: ConfigFile, cluster: ConfigFile | null) => readonly Finding[]

/** What an inventory must be, beyond the schema. */
const rules: readonly Rule[] = [
  knownHosts,
  balancerSpelling,
  balancerPort,
  dataBesideOurs,
  shortEnough,
  runAsRule,
  environmentRule,
  engineRules,
]

export function inventoryRuleFindings(inventory: ConfigFile, cluster: ConfigFile | null): readonly Finding[] {
  return isMapping(inventory.value) ? rules.flatMap((rule) => rule(inventory, cluster)) : []
}

function knownHosts(inventory: ConfigFile, cluster: ConfigFile | null): readonly Finding[] {
  if (cluster === null) return []
  const known = [...keysAt(cluster, []), valueAt(inventory, ['balancer', 'host'])]
  const unknown = keysAt(inventory, ['hosts']).filter((key) => !known.includes(key))
  return unknown.map((key) => unknownHost(inventory, cluster, key))
}

function unknownHost(inventory: ConfigFile, cluster: ConfigFile, key: string): Finding {
  const keys = keysAt(cluster, [])
  const same = keys.filter((other) => sameAddress(other) === sameAddress(key))
  return findingAt(inventory, [atKey('hosts', key)], {
    code: 'inventory-unknown-host',
    title: 'Unknown host',
    cause: `"${printable(key)}" is no host of ${printable(cluster.name)}, nor the balancer's`,
    remedy: `${suggestion(key, same.length > 0 ? same : keys)}Write it as it is in ${printable(cluster.name)}, or take it out.`,
  })
}

function balancerSpelling(inventory: ConfigFile, cluster: ConfigFile | null): readonly Finding[] {
  const host = balancerHost(inventory)
  const keys = cluster === null ? [] : keysAt(cluster, [])
  const meant = keys.find((key) => host !== undefined && key !== host && sameAddress(key) === sameAddress(host))
  if (host === undefined || meant === undefined || keys.includes(host)) return []
  const finding = findingAt(inventory, [atValue('balancer', 'host')], {
    code: 'inventory-balancer-host',
    title: 'Balancer host in another spelling',
    cause: `"${printable(host)}" is another spelling of "${printable(meant)}" in the cluster`,
    remedy: `Write it as "${printable(meant)}".`,
  })
  return [finding]
}

/** Ports on which something of Trueno listens on one host or another (contract, 5). */
export const truenoPorts: readonly number[] = [6066, 8000, 8001, 8002, 8004, 8005, 8006, 8007, 8008, 8081, 8088, 9300]

function balancerPort(inventory: ConfigFile, cluster: ConfigFile | null): readonly Finding[] {
  const host = balancerHost(inventory)
  const port = valueAt(inventory, ['balancer', 'sourcePort']) ?? defaults.balancer.sourcePort
  if (host === undefined || cluster === null || !keysAt(cluster, []).includes(host)) return []
  if (!truenoPorts.includes(Number(port))) return []
  const finding = findingAt(inventory, [atValue('balancer', 'sourcePort')], {
    code: 'inventory-balancer-port',
    title: 'Balancer on a port of Trueno',
    cause: `the balancer's host ${printable(host)} is in the cluster, and Trueno itself needs port ${port}`,
    remedy: `Take another port, for example ${defaults.balancer.sourcePort}, or a host outside the cluster. Trueno's ports: ${truenoPorts.join(', ')}.`,
  })
  return [finding]
}

function balancerHost(inventory: ConfigFile): string | undefined {
  const host = valueAt(inventory, ['balancer', 'host'])
  return typeof host === 'string' ? host : undefined
}

/** What of ours lies directly in `home`, and is replaced or removed as a whole. */
const ours = ['releases', 'artifacts', 'current', 'etc', 'run', 'logs', 'lease', 'receipt.json']

function dataBesideOurs(inventory: ConfigFile): readonly Finding[] {
  const scopes = [['defaults'], ...keysAt(inventory, ['hosts']).map((key) => ['hosts', key])]
  return scopes.flatMap((scope) => dataFinding(inventory, scope))
}

function dataFinding(inventory: ConfigFile, scope: Path): readonly Finding[] {
  const [own, shared] = [scope, ['defaults']].map((path) => textsAt(inventory, path))
  if (own?.home === undefined && own?.data === undefined) return []
  const home = own.home ?? shared?.home ?? defaults.defaults.home
  const data = own.data ?? shared?.data ?? dataBelow(home)
  if (!isInTheWay(data, home)) return []
  const finding = findingAt(inventory, [atValue(...scope, own.data === undefined ? 'home' : 'data')], {
    code: 'inventory-data-place',
    title: 'Data in the way',
    cause: `data would lie in ${data} and everything else in ${home}: an update would remove what it must keep`,
    remedy: `Put data elsewhere, for example into ${dataBelow(home)}.`,
  })
  return [finding]
}

function textsAt(inventory: ConfigFile, scope: Path): { readonly home?: string; readonly data?: string } {
  const [home, data] = ['home', 'data'].map((key) => valueAt(inventory, [...scope, key]))
  return { ...(typeof home === 'string' && { home }), ...(typeof data === 'string' && { data }) }
}

function isInTheWay(data: string, home: string): boolean {
  return isWithin(home, data) || ours.some((name) => isWithin(data, `${home}/${name}`))
}

function isWithin(path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}/`)
}

/** The schema knows how a duration is written, this how long it may be. */
function shortEnough(inventory: ConfigFile): readonly Finding[] {
  const keys = keysAt(inventory, ['timeouts']).filter((key) => key in defaults.timeouts)
  return keys.filter((key) => isTooLong(valueAt(inventory, ['timeouts', key]))).map((key) => tooLong(inventory, key))
}

function isTooLong(value: unknown): boolean {
  return typeof value === 'string' && /^[1-9][0-9]{0,8}(ms|s|m|h)$/.test(value) && parseDuration(value) === undefined
}

function tooLong(inventory: ConfigFile, key: string): Finding {
  return findingAt(inventory, [atValue('timeouts', key)], {
    code: 'config-value',
    title: 'Value not allowed',
    cause: `timeouts/${key} must be at most ${formatDuration(longestDuration)}`,
    remedy: `Write a shorter one; the default is ${defaults.timeouts[key as keyof typeof defaults.timeouts]}.`,
  })
}
