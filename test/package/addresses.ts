import { readFileSync } from 'node:fs'

/** First three bytes of the hosts' addresses, and why, for people. */
export interface Addresses {
  readonly prefix: string
  readonly why: string
}

/**
 * Where this machine allows less than Elasticsearch wants, it still starts on link-local addresses: its bootstrap
 * checks only warn there. Elsewhere it refuses.
 */
export function chooseAddresses(hasRealElasticsearch: boolean): Addresses {
  const limits = { files: openFiles(), maps: Number(readFileSync('/proc/sys/vm/max_map_count', 'utf8')) }
  if (!hasRealElasticsearch || (limits.files >= 65_536 && limits.maps >= 262_144)) return { prefix: '10.77.0', why: '' }
  const why = `this machine allows ${limits.files} open files and ${limits.maps} memory maps, and with so few Elasticsearch starts on link-local addresses only`
  return { prefix: '169.254.77', why }
}

/** The hard limit, which sessions of the hosts inherit. */
function openFiles(): number {
  const [, hard] = /^Max open files +\S+ +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard)
}
