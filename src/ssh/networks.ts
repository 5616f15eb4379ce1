import { readFileSync } from 'node:fs'
import { BlockList, isIP } from 'node:net'
import { errorProblem, UsageError } from '../errors.js'

/** A set of addresses. */
export interface Networks {
  /** As it was written. */
  readonly text: string
  includes(address: string): boolean
}

/**
 * Networks from `127.0.0.0/8,::1`: addresses and prefixes, separated by commas. Null when there is nothing in `text`.
 * @throws UsageError when it is not that.
 */
export function parseNetworks(text: string | undefined): Networks | null {
  const parts = (text ?? '').split(',').map((part) => part.trim())
  if (parts.every((part) => part === '')) return null
  const list = new BlockList()
  for (const part of parts.filter((part) => part !== '')) addNetwork(list, part)
  return { text: parts.join(','), includes: (address) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4') }
}

function addNetwork(list: BlockList, part: string): void {
  const [address = '', prefix] = part.split('/')
  const family = isIP(address)
  const bits = prefix === undefined ? addressBits[family] : Number(prefix)
  const isPrefix = prefix === undefined || /^\d+$/.test(prefix)
  if (!isPrefix || bits === undefined || bits > (addressBits[family] ?? 0)) throw notANetwork(part)
  list.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4')
}

const addressBits: Readonly<Record<number, number>> = { 4: 32, 6: 128 }

function notANetwork(part: string): UsageError {
  return new UsageError([
    errorProblem({
      code: 'networks-invalid',
      title: 'TRUENO_DEPLOY_ONLY cannot be understood',
      cause: `\`${part}\` is not a network`,
      remedy: 'Write networks like 127.0.0.0/8 or single addresses, separated by commas.',
    }),
  ])
}

/** Addresses of `name` that this machine knows without asking anyone: `/etc/hosts`, and `localhost`. */
export function hostsFileAddresses(name: string, file = '/etc/hosts'): readonly string[] {
  const wanted = name.toLowerCase()
  const found = readLines(file).flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    return isIP(address) !== 0 && names.some((known) => known.toLowerCase() === wanted) ? [address] : []
  })
  return found.length === 0 && wanted === 'localhost' ? ['127.0.0.1', '::1'] : found
}

function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}
