import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'

/** Why a key of `cluster.json` cannot be used. */
export interface KeyFault {
  /** Trueno refuses it; or takes it, and the cluster never works. */
  readonly code: 'cluster-host-refused' | 'cluster-host-useless'
  readonly cause: string
  readonly remedy: string
}

export function faultOfKey(key: string): KeyFault | undefined {
  const fault = refused.find(({ is }) => is(key)) ?? useless.find(({ is }) => is(key))
  if (fault === undefined) return undefined
  const code = refused.includes(fault) ? 'cluster-host-refused' : 'cluster-host-useless'
  return { code, cause: fault.cause, remedy: typeof fault.remedy === 'string' ? fault.remedy : fault.remedy(key) }
}

/** One text for all spellings of the same address. */
export function sameAddress(key: string): string {
  const name = key.toLowerCase().replace(/\.$/, '')
  if (name === 'localhost' || name === 'localhost.localdomain') return '127.0.0.1'
  return withoutZeros(name) ?? name
}

interface FaultyKind {
  readonly is: (key: string) => boolean
  readonly cause: string
  readonly remedy: string | ((key: string) => string)
}

const useName = 'Use a name or an IPv4 address by which all hosts of the cluster reach it.'

/** What Trueno refuses (contract, 4). The last one is Trueno's own rule; those before tell more of it. */
const refused: readonly FaultyKind[] = [
  {
    is: (key) => key === '',
    cause: 'it is empty',
    remedy: useName,
  },
  {
    is: (key) => key === '$schema',
    cause: 'Trueno takes every key for a host',
    remedy: 'Take it out; editors find the schema by the name of the file.',
  },
  {
    is: (key) => /\s/.test(key),
    cause: 'a host name has no spaces',
    remedy: useName,
  },
  {
    is: (key) => key.includes('@'),
    cause: 'a user is no part of it',
    remedy: (key) => `Write "${bare(key)}", and the user into the inventory: hosts/KEY/user.`,
  },
  {
    is: (key) => /^[^:]+:\d*$/.test(key),
    cause: 'a port is no part of it',
    remedy: (key) => `Write "${bare(key)}", and the port of SSH into the inventory: hosts/KEY/port.`,
  },
  {
    is: (key) => /[^ -~]/.test(key),
    cause: 'Trueno takes ASCII letters only',
    remedy: (key) => (domainToASCII(key) === '' ? useName : `Write it as "${domainToASCII(key)}".`),
  },
  {
    is: (key) => key.includes('_'),
    cause: 'a host name has no underscore',
    remedy: useName,
  },
  {
    is: (key) => /(^|\.)-|-(\.|$)/.test(key),
    cause: 'no part of a host name begins or ends with "-"',
    remedy: useName,
  },
  {
    is: (key) => key.endsWith('.'),
    cause: 'Trueno takes no dot at the end',
    remedy: (key) => `Write "${key.replace(/\.+$/, '')}".`,
  },
  {
    is: (key) => !isTakenByTrueno(key),
    cause: 'Trueno takes host names and IP addresses only',
    remedy: useName,
  },
]

/** What Trueno takes, and what then never works. */
const useless: readonly FaultyKind[] = [
  {
    is: (key) => key.includes('/'),
    cause: 'a network is no host, no -h can match it',
    remedy: 'Write each of its hosts with its own address.',
  },
  {
    is: (key) => key.includes(':'),
    cause: 'Trueno makes invalid addresses of a bare IPv6 address',
    remedy: 'Use a host name that stands for it, or an IPv4 address.',
  },
  {
    is: (key) => endsInNumber(key) && !isIPv4(key),
    cause: 'what ends in a number must be an IPv4 address, and this is none',
    remedy: (key) =>
      withoutZeros(key) === undefined ? useName : `Write "${withoutZeros(key)}", without leading zeros.`,
  },
  {
    is: (key) => isIPv4(key) && (key.startsWith('0.') || Number.parseInt(key, 10) >= 224),
    cause: 'no host can have this address',
    remedy: useName,
  },
  {
    is: (key) => key.length > 253 || key.split('.').some((label) => label.length > 63),
    cause: 'a host name has at most 253 characters, and 63 between two dots',
    remedy: useName,
  },
]

/** Without user and port. */
function bare(key: string): string {
  return key.replace(/^.*@/, '').replace(/:\d*$/, '')
}

const hostName = /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$/i

function isTakenByTrueno(key: string): boolean {
  const [address = '', network, more] = key.split('/')
  if (network === undefined) return (key.length <= 255 && hostName.test(key)) || isIPv6(key)
  return more === undefined && /^\d{1,3}$/.test(network) && (isIPv4(address) || isIPv6(address))
}

/** Programs read such a name as a number of their own kind: 192.168.1 as 192.168.0.1, 010 as 8. */
function endsInNumber(key: string): boolean {
  return /(^|\.)(\d+|0x[0-9a-f]*)$/i.test(key)
}

/** The IPv4 address that somebody meant who filled it up with zeros. */
function withoutZeros(key: string): string | undefined {
  const address = key.split('.').map((part) => (/^\d+$/.test(part) ? String(Number(part)) : part))
  return isIPv4(address.join('.')) ? address.join('.') : undefined
}
