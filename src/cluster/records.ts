import { roles } from './cluster.js'
import type { LeaseOwner, Receipt, StartRecord } from './receipt.js'

/** What a host keeps on its disk: text that anybody may have changed, so each is what it should be or null. */
export function parseReceipt(text: string): Receipt | null {
  return parse<Receipt>(text, receipt)
}

export function parseStartRecord(text: string): StartRecord | null {
  return parse<StartRecord>(text, startRecord)
}

/** `owner.json` of a lease, which does not know how long its owner has been silent. */
export function parseLeaseOwner(text: string): Omit<LeaseOwner, 'silent'> | null {
  return parse<Omit<LeaseOwner, 'silent'>>(text, leaseOwner)
}

function parse<T>(text: string, shape: Shape<T>): T | null {
  try {
    const value: unknown = JSON.parse(text)
    return has(shape)(value) ? (value as T) : null
  } catch {
    return null
  }
}

type Check = (value: unknown) => boolean

/** A check for each key: one that is forgotten does not compile. */
type Shape<T> = { readonly [Key in keyof T]-?: Check }

const isText: Check = (value) => typeof value === 'string'
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const isSha256: Check = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
const isBoolean: Check = (value) => typeof value === 'boolean'
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value)
const orAbsent =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)
const has =
  <T>(shape: Shape<T>): Check =>
  (value) =>
    isObject(value) && Object.entries<Check>(shape).every(([key, check]) => check(value[key]))

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const settings: Shape<Receipt['settings']> = {
  home: isText,
  data: isText,
  environment: isSha256,
}

const receipt: Shape<Receipt> = {
  version: (value) => value === 1,
  clusterId: (value) => typeof value === 'string' && /^[0-9a-f]{32}$/.test(value),
  name: isText,
  key: isText,
  roles: listOf((value) => roles.some((role) => role === value)),
  member: isBoolean,
  release: has<Receipt['release']>({
    id: isSha256,
    label: isText,
    killTimeoutMs: isCount,
    hasJava: orAbsent(isBoolean),
  }),
  settings: has(settings),
  keepReleases: orAbsent(isCount),
  peers: listOf(isText),
  balancer: orNull(has<NonNullable<Receipt['balancer']>>({ host: isText, sourcePort: isCount })),
}

const startRecord: Shape<StartRecord> = {
  id: isText,
  time: isCount,
  bootId: isText,
  release: isSha256,
  clusterFile: isSha256,
  environment: isSha256,
}

const leaseOwner: Shape<Omit<LeaseOwner, 'silent'>> = { who: isText, purpose: isText, since: isCount, token: isCount }
