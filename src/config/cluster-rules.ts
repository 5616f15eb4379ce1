import { type Role, roles } from '../cluster/cluster.js'
import { type ConfigFile, isMapping, keysAt, mappingAt, valueAt } from './document.js'
import { atKey, atValue, type Finding, findingAt, printable } from './finding.js'
import { faultOfKey, sameAddress } from './host-keys.js'
import { didYouMean } from './suggest.js'

/** Finds in `cluster.json` what no schema can say. Looks into files that are otherwise wrong as well. */
type Rule = (file: ConfigFile) => readonly Finding[]

/** What a cluster must be, beyond the schema. */
const rules: readonly Rule[] = [atLeastTwoHosts, usableKeys, differentAddresses, oneMaster, oneIndexHost]

export function clusterRuleFindings(file: ConfigFile): readonly Finding[] {
  return isMapping(file.value) ? rules.flatMap((rule) => rule(file)) : []
}

function atLeastTwoHosts(file: ConfigFile): readonly Finding[] {
  const count = keysAt(file, []).length
  if (count >= 2) return []
  const finding = findingAt(file, [atValue()], {
    code: 'cluster-too-few-hosts',
    title: 'Too few hosts',
    cause: `a Trueno cluster has at least two hosts, this one has ${count === 0 ? 'none' : 'one'}`,
    remedy: 'Add hosts with their roles: "HOST": { "compute": true }',
  })
  return [finding]
}

function usableKeys(file: ConfigFile): readonly Finding[] {
  return keysAt(file, []).flatMap((key) => {
    const fault = faultOfKey(key)
    if (fault === undefined) return []
    const title = fault.code === 'cluster-host-refused' ? 'Host name that Trueno refuses' : 'Host name that cannot work'
    const cause = `"${printable(key)}": ${fault.cause}`
    return [findingAt(file, [atKey(key)], { code: fault.code, title, cause, remedy: printable(fault.remedy) })]
  })
}

function differentAddresses(file: ConfigFile): readonly Finding[] {
  const groups = new Map<string, string[]>()
  for (const key of keysAt(file, [])) groups.set(sameAddress(key), [...(groups.get(sameAddress(key)) ?? []), key])
  return [...groups.values()].filter((keys) => keys.length > 1).map((keys) => sameHostTwice(file, keys))
}

function sameHostTwice(file: ConfigFile, keys: readonly string[]): Finding {
  const spots = keys.map((key) => atKey(key))
  return findingAt(file, spots, {
    code: 'cluster-same-host',
    title: 'Same host twice',
    cause: `${keys.map((key) => `"${printable(key)}"`).join(' and ')} are spellings of one address`,
    remedy: 'Leave one of them, with all its roles.',
  })
}

function oneMaster(file: ConfigFile): readonly Finding[] {
  const keys = keysAt(file, [])
  const masters = keys.filter((key) => valueAt(file, [key, 'master']) === true)
  if (masters.length > 1) return [severalMasters(file, masters)]
  return isMissing(file, 'master') ? [noMaster(file)] : []
}

function severalMasters(file: ConfigFile, masters: readonly string[]): Finding {
  const spots = masters.map((key) => atValue(key, 'master'))
  return findingAt(file, spots, {
    code: 'cluster-two-masters',
    title: 'More than one master',
    cause: `Trueno needs exactly one master, here are ${masters.length}`,
    remedy: 'Leave "master": true with one host, the coordinator; the others keep their other roles.',
  })
}

function noMaster(file: ConfigFile): Finding {
  return findingAt(file, [atValue()], {
    code: 'cluster-no-master',
    title: 'No master',
    cause: 'Trueno needs exactly one master, here is none',
    remedy: 'Give one host "master": true; it coordinates the others.',
  })
}

function oneIndexHost(file: ConfigFile): readonly Finding[] {
  if (!isMissing(file, 'index')) return []
  const finding = findingAt(file, [atValue()], {
    code: 'cluster-no-index',
    title: 'No index host',
    cause: "no host has the role index: without Elasticsearch Trueno's API never comes up",
    remedy: 'Give at least one host "index": true.',
  })
  return [finding]
}

/** No host has this role, and none seems to be meant to have it: a misspelt role is one problem, not two. */
function isMissing(file: ConfigFile, role: Role): boolean {
  const keys = keysAt(file, [])
  return keys.length > 0 && !keys.some((key) => mentions(mappingAt(file, [key]), role))
}

function mentions(entry: Readonly<Record<string, unknown>>, role: Role): boolean {
  const given = Object.keys(entry).filter((key) => entry[key] !== false)
  return given.some((key) => key === role || (!isRole(key) && didYouMean(key, roles).includes(role)))
}

function isRole(key: string): boolean {
  return (roles as readonly string[]).includes(key)
}
