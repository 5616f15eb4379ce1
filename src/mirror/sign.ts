import { createHash, createHmac } from 'node:crypto'

/** Keys of an account at S3, or at its kin. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Of temporary keys. */
  readonly sessionToken?: string
}

export interface SignOptions {
  readonly method: 'GET' | 'PUT' | 'HEAD'
  readonly region: string
  /** Epoch milliseconds. */
  readonly now: number
  /** How long the address holds, seconds. */
  readonly expires: number
}

/** An address with AWS Signature Version 4 in its query: whoever has it may do just this, for a while. */
export function presign(url: URL, credentials: Credentials, options: SignOptions): string {
  const { region, now, expires, method } = options
  const time = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`
  const query = {
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${credentials.accessKeyId}/${scope}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': String(expires),
    'X-Amz-SignedHeaders': 'host',
    ...(credentials.sessionToken && { 'X-Amz-Security-Token': credentials.sessionToken }),
  }
  const search = canonicalQuery(query)
  const request = [method, url.pathname, search, `host:${url.host}\n`, 'host', 'UNSIGNED-PAYLOAD'].join('\n')
  const text = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(request).digest('hex')].join('\n')
  const signature = hmac(keyOf(credentials, scope), text).toString('hex')
  return `${url.origin}${url.pathname}?${search}&X-Amz-Signature=${signature}`
}

function keyOf({ secretAccessKey }: Credentials, scope: string): Buffer {
  return scope.split('/').reduce<Buffer>((key, part) => hmac(key, part), Buffer.from(`AWS4${secretAccessKey}`))
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function canonicalQuery(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(([name, value]) => `${encode(name)}=${encode(value)}`)
  return pairs.sort().join('&')
}

/** As the signature wants it: a few more than encodeURIComponent. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}
