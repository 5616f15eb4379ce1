import type { Sha256 } from '../cluster/cluster.js'
import { type Credentials, encode, presign, type SignOptions } from './sign.js'

/** A server that has artifacts as they travel, each under its sha256. */
export interface Mirror {
  /** For people; never a key: `https://mirror.lab/trueno`. */
  readonly name: string
  /** The host that is dialled, for whoever must allow it. */
  readonly host: string
  /** Where something is read or put; signed, and good for some hours, where that is needed. */
  address(wire: Sha256, method: SignOptions['method'], now: number): string
}

/** What signing needs of this machine; only for `s3://`. */
export interface Account {
  readonly credentials: Credentials
  readonly region: string
  /** Another server than AWS: `https://minio.lab:9000`. */
  readonly endpoint?: string
}

/** Hours enough for the slowest transfer: what the address opens is only one artifact. */
const expires = 6 * 3600

/** No user, password or query: what is secret is kept elsewhere. */
const address = /^(?:https?:\/\/[^\s@?#"\\]+|s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/[^\s?#"\\]*)?)$/

export function isMirrorAddress(text: string): boolean {
  return address.test(text) && (isSigned(text) || URL.canParse(text))
}

export function isSigned(url: string): boolean {
  return url.startsWith('s3://')
}

/** @param account must be given for `s3://BUCKET/PREFIX` */
export function openMirror(url: string, account: Account | null): Mirror {
  const base = isSigned(url) ? bucketUrl(url, account) : new URL(url)
  const path = base.pathname.replace(/\/+$/, '')
  return {
    name: url,
    host: base.hostname.replace(/^\[|\]$/g, ''),
    address: (wire, method, now) => {
      const file = new URL(`${path}/${wire}`, base)
      if (account === null || !isSigned(url)) return file.href
      const { credentials, region } = account
      return presign(file, credentials, { method, region, now, expires })
    },
  }
}

/** By its path, which every kin of S3 understands; AWS itself by its own host name. */
function bucketUrl(url: string, account: Account | null): URL {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(url) ?? []
  const path = prefix.split('/').map(encode).join('/')
  const { endpoint, region = 'us-east-1' } = account ?? {}
  return endpoint === undefined
    ? new URL(`https://${bucket}.s3.${region}.amazonaws.com/${path}`)
    : new URL(`${endpoint.replace(/\/+$/, '')}/${bucket}/${path}`)
}
