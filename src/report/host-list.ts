import type { HostKey } from '../cluster/cluster.js'

/** Names hosts on one line: `192.168.1.42, .43 and 8 more`. Up to `most` + 1 are all named. */
export function nameHosts(hosts: readonly HostKey[], most = 2): string {
  const shown = hosts.length <= most + 1 ? hosts : hosts.slice(0, most)
  const words = shorten(shown)
  const rest = hosts.length - shown.length
  if (rest > 0) return `${words.join(', ')} and ${rest} more`
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

/** Names every host, neighbours joined: `192.168.1.42–.51, .60, node7`. */
export function nameAllHosts(hosts: readonly HostKey[]): string {
  const runs: HostKey[][] = []
  for (const host of hosts) {
    const run = runs.at(-1)
    if (run !== undefined && follows(run.at(-1) ?? '', host)) run.push(host)
    else runs.push([host])
  }
  const firsts = shorten(runs.map((run) => run[0] ?? ''))
  return runs.map((run, index) => `${firsts[index]}${endOf(run)}`).join(', ')
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
    const parts = ipv4(host)
    return parts !== null && parts.network === ipv4(hosts[index - 1] ?? '')?.network ? `.${parts.number}` : host
  })
}

function endOf(run: readonly HostKey[]): string {
  const last = ipv4(run.at(-1) ?? '')
  return run.length < 2 || last === null ? '' : `${run.length === 2 ? ', ' : '–'}.${last.number}`
}

function follows(before: HostKey, after: HostKey): boolean {
  const [one, next] = [ipv4(before), ipv4(after)]
  return one !== null && next !== null && one.network === next.network && next.number === one.number + 1
}

function ipv4(host: HostKey): { network: string; number: number } | null {
  const match = /^(\d{1,3}\.\d{1,3}\.\d{1,3})\.(\d{1,3})$/.exec(host)
  return match === null ? null : { network: match[1] ?? '', number: Number(match[2]) }
}
