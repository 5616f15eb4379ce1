import type { CheckedHost } from '../cluster/check-report.js'
import type { HostKey } from '../cluster/cluster.js'
import type { ReachValue } from '../cluster/reach.js'
import { nameHosts, nameMostHosts, withoutHost } from './host-list.js'
import type { Paint } from './paint.js'
import { oneLine } from './sanitize.js'
import { pad, widthOf, wrap } from './text.js'
import { count } from './units.js'

/**
 * How hosts are reached, value by value with its source: what most have in common is said once, the others with their
 * names. What could not be taken into account comes last, as sentences.
 */
export function reachLines(
  hosts: readonly CheckedHost[],
  { paint, columns }: { readonly paint: Paint; readonly columns: number },
): readonly string[] {
  const rows = [...new Set(hosts.flatMap(({ ssh }) => Object.keys(ssh)))].flatMap((name) => {
    const variants = variantsOf(name, hosts)
    return variants.every(isObvious) ? [] : [{ name, text: oneLine(textOf(variants, hosts.length)) }]
  })
  const column = Math.max(0, ...rows.map(({ name }) => widthOf(name))) + 2
  const lines = rows.flatMap(({ name, text }) =>
    wrap(text, columns - 4 - column).map((line, index) => `   ${pad(index === 0 ? name : '', column)}${line}`),
  )
  const notes = notesOf(hosts).flatMap((note) => wrap(note, columns - 4).map((line) => `   ${line}`))
  return rows.length === 0 ? [] : [` ${paint.strong('Reached with')}`, ...[...lines, ...notes].map(paint.faint)]
}

/** A value of one name, and the hosts that have it from the same source. */
interface Variant extends ReachValue {
  readonly hosts: readonly HostKey[]
}

/** The most frequent first. A host's own name is the same value for all. */
function variantsOf(name: string, hosts: readonly CheckedHost[]): readonly Variant[] {
  const variants = new Map<string, Variant & { readonly hosts: HostKey[] }>()
  for (const { host, ssh } of hosts) {
    const one = ssh[name]
    if (one === undefined) continue
    const value = withoutHost(one.value, host, 'HOST')
    const key = JSON.stringify([value, one.source])
    const variant = variants.get(key)
    if (variant === undefined) variants.set(key, { value, source: one.source, hosts: [host] })
    else variant.hosts.push(host)
  }
  return [...variants.values()].sort((one, other) => other.hosts.length - one.hosts.length)
}

/** The key of `cluster.json`, as it stands there. */
function isObvious({ source }: ReachValue): boolean {
  return source === 'cluster.json'
}

/** As many of different values as are told one by one. */
const mostVariants = 4

function textOf(variants: readonly Variant[], all: number): string {
  const [first, ...others] = variants
  if (first === undefined) return ''
  if (first.hosts.length === all) return valueText(first)
  const isRule = 2 * first.hosts.length > all
  if (
    !isRule &&
    variants.length > 1 &&
    variants.every(({ hosts, source }) => hosts.length === 1 && source === first.source)
  )
    return `${nameHosts(
      variants.map(({ value }) => value),
      3,
    )} (${first.source})${onHosts(variants, all)}`
  const told = isRule ? [valueText(first), ...few(others)] : few(variants)
  return told.join('; ')
}

function few(variants: readonly Variant[]): readonly string[] {
  const shown = variants.length > mostVariants ? variants.slice(0, mostVariants - 1) : variants
  const rest = variants.slice(shown.length).flatMap(({ hosts }) => hosts)
  const told = shown.map((variant) => `${valueText(variant)} for ${nameMostHosts(variant.hosts)}`)
  return rest.length === 0 ? told : [...told, `others for ${nameHosts(rest)}`]
}

function valueText({ value, source }: ReachValue): string {
  return `${value} (${source})`
}

/** Where not every host has one. */
function onHosts(variants: readonly Variant[], all: number): string {
  const hosts = variants.flatMap((variant) => variant.hosts)
  return hosts.length === all
    ? ''
    : ` for ${hosts.length > mostVariants ? count(hosts.length, 'host') : nameMostHosts(hosts)}`
}

function notesOf(hosts: readonly CheckedHost[]): readonly string[] {
  const notes = new Map<string, HostKey[]>()
  for (const { host, notes: own } of hosts) for (const note of own) notes.set(note, [...(notes.get(note) ?? []), host])
  return [...notes].map(([note, concerned]) =>
    oneLine(concerned.length === hosts.length ? note : `${nameMostHosts(concerned)}: ${note}`),
  )
}
