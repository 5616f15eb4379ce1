import type { HostKey } from '../cluster/cluster.js'
import { count } from './units.js'

/** Names hosts on one line: `192.168.1.42, .43 and 8 more`. Up to `most` + 1 are all named. */
export function nameHosts(hosts: readonly HostKey[], most = 2): string {
  const shown = hosts.length <= most + 1 ? hosts : hosts.slice(0, most)
  const words = shorten(shown)
  const rest = hosts.length - shown.length
  if (rest > 0) return `${words.join(', ')} and ${rest} more`
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

/** Names every host, neighbours joined: `192.168.1.42–.51, .60, node1–9.lab`. */
export function nameAllHosts(hosts: readonly HostKey[]): string {
  return namesOf(runsOf(hosts)).join(', ')
}

/** As many runs of neighbours as are named where all of them need not be. */
const mostRuns = 8

/** Names them, of very many only the first: `node1, node3, node5–9 and 90 more`. */
export function nameMostHosts(hosts: readonly HostKey[]): string {
  const runs = runsOf(hosts)
  const shown = runs.length > mostRuns ? runs.slice(0, mostRuns - 1) : runs
  const rest = hosts.length - shown.flat().length
  return `${namesOf(shown).join(', ')}${rest === 0 ? '' : ` and ${rest} more`}`
}

/** The same, and how many where that is not seen at a glance: `8 hosts: node1–8`. */
export function countedHosts(hosts: readonly HostKey[]): string {
  return hosts.length > 3 ? `${count(hosts.length, 'host')}: ${nameMostHosts(hosts)}` : nameMostHosts(hosts)
}

function runsOf(hosts: readonly HostKey[]): readonly (readonly HostKey[])[] {
  const runs: HostKey[][] = []
  for (const host of hosts) {
    const run = runs.at(-1)
    if (run !== undefined && follows(run.at(-1) ?? '', host)) run.push(host)
    else runs.push([host])
  }
  return runs
}

function namesOf(runs: readonly (readonly HostKey[])[]): readonly string[] {
  const firsts = shorten(runs.map((run) => run[0] ?? ''))
  return runs.map((run, index) => runName(run, firsts[index] ?? ''))
}

/** @param first how the first of them is named */
function runName(run: readonly HostKey[], first: string): string {
  const last = run.at(-1) ?? ''
  if (run.length < 2) return first
  if (run.length === 2) return `${first}, ${isAddress(last) ? `.${numbered(last)?.number}` : last}`
  if (isAddress(last)) return `${first}–.${numbered(last)?.number}`
  const { before = '', number = '', after = '' } = numbered(run[0] ?? '') ?? {}
  return `${before}${number}–${numbered(last)?.number}${after}`
}

/** A text with another word for a host's name, wherever that stands as a whole. */
export function withoutHost(text: string, host: HostKey, word: string): string {
  if (host === '' || !text.includes(host)) return text
  const name = host.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return text.replace(new RegExp(`(?<![\\w.-])${name}(?![\\w-]|\\.\\w)`, 'g'), () => word)
}

/** An address in the network of the one before it is named by its last part only. */
function shorten(hosts: readonly HostKey[]): readonly string[] {
  return hosts.map((host, index) => {
    const address = ipv4(host)
    return address !== null && address.before === ipv4(hosts[index - 1] ?? '')?.before ? `.${address.number}` : host
  })
}

/** It is the next one by number: of its network, or of names that are equal but for their last number. */
function follows(before: HostKey, after: HostKey): boolean {
  const [one, next] = [numbered(before), numbered(after)]
  if (one === null || next === null) return false
  const isSame = one.before === next.before && one.after === next.after
  const isPadded = one.number.startsWith('0') || next.number.startsWith('0')
  return (
    isSame && Number(next.number) === Number(one.number) + 1 && (!isPadded || one.number.length === next.number.length)
  )
}

interface Numbered {
  readonly before: string
  readonly number: string
  readonly after: string
}

function ipv4(host: HostKey): Numbered | null {
  return isAddress(host) ? numbered(host) : null
}

function isAddress(host: HostKey): boolean {
  return /^(\d{1,3}\.){3}\d{1,3}$/.test(host)
}

/** `node` and `12` and `.lab`: a name by the last number of its first label, an address by its last part. */
function numbered(host: HostKey): Numbered | null {
  const match = (isAddress(host) ? /^(.*\.)(\d+)()$/ : /^([^.]*?)(\d{1,9})([^.\d]*(?:\..*)?)$/).exec(host)
  return match === null ? null : { before: match[1] ?? '', number: match[2] ?? '', after: match[3] ?? '' }
}
