import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** A host key as SSH writes it. */
export interface HostKeyBlob {
  /** `ssh-ed25519`, `ssh-rsa`, … */
  readonly type: string
  /** Base64. */
  readonly key: string
}

/** One line of a known_hosts file, or one pin. */
export interface KnownHost extends HostKeyBlob {
  readonly marker: 'none' | 'revoked' | 'cert-authority'
  /** Where it stands: file and line, for people. */
  readonly place: string
  /** Whether the line is about this name, lower case, as known_hosts writes it (`host` or `[host]:port`). */
  readonly matches: (name: string) => boolean
}

/** The lines of a known_hosts file; what cannot be understood is passed over, as ssh does. */
export function parseKnownHosts(text: string, file: string): readonly KnownHost[] {
  return text.split('\n').flatMap((line, index) => parseLine(line, `${file}:${index + 1}`))
}

/** Pins as `trueno-deploy.lock.json` keeps them: name as known_hosts writes it → `type base64` of its keys. */
export type HostKeyPins = Readonly<Record<string, readonly string[]>>

export function parsePins(pins: HostKeyPins, file: string): readonly KnownHost[] {
  return Object.entries(pins).flatMap(([name, keys]) => keys.flatMap((key) => parseLine(`${name} ${key}`, file)))
}

function parseLine(line: string, place: string): readonly KnownHost[] {
  const fields = line.trim().split(/\s+/)
  const marker = markers[fields[0] ?? '']
  const [names, type, key] = marker === undefined ? fields : fields.slice(1)
  if (names === undefined || type === undefined || key === undefined || names.startsWith('#')) return []
  return [{ marker: marker ?? 'none', type, key, place, matches: matcherOf(names) }]
}

const markers: Readonly<Record<string, KnownHost['marker']>> = {
  '@revoked': 'revoked',
  '@cert-authority': 'cert-authority',
}

function matcherOf(names: string): (name: string) => boolean {
  if (names.startsWith('|1|')) return hashMatcher(names)
  const patterns = names.toLowerCase().split(',')
  if (patterns.every((pattern) => !/[*?!]/.test(pattern))) return (name) => patterns.includes(name)
  return patternMatcher(patterns)
}

function hashMatcher(names: string): (name: string) => boolean {
  const [, , salt = '', hash = ''] = names.split('|')
  const wanted = Buffer.from(hash, 'base64')
  const key = Buffer.from(salt, 'base64')
  return (name) => {
    const found = createHmac('sha1', key).update(name).digest()
    return found.length === wanted.length && timingSafeEqual(found, wanted)
  }
}

/** One `!pattern` that matches excludes the name, whatever else matches. */
function patternMatcher(patterns: readonly string[]): (name: string) => boolean {
  const compiled = patterns.map((pattern) => ({
    not: pattern.startsWith('!'),
    regex: wildcard(pattern.replace(/^!/, '')),
  }))
  return (name) => {
    const hits = compiled.filter(({ regex }) => regex.test(name))
    return hits.length > 0 && hits.every(({ not }) => !not)
  }
}

/** A pattern of ssh's, with `*` and `?`. */
export function wildcard(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`)
}

/** `host`, or `[host]:port` where the port is not 22; lower case. */
export function knownHostName(host: string, port: number): string {
  return (port === 22 ? host : `[${host}]:${port}`).toLowerCase()
}

/** A name as a line with `HashKnownHosts` has it. `salt`: 20 bytes. */
export function hashName(name: string, salt: Uint8Array): string {
  const hash = createHmac('sha1', salt).update(name).digest('base64')
  return `|1|${Buffer.from(salt).toString('base64')}|${hash}`
}

/** The key in a server's answer. */
export function readHostKey(blob: Uint8Array): HostKeyBlob {
  const buffer = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength)
  const length = buffer.length < 4 ? 0 : buffer.readUInt32BE(0)
  return { type: buffer.subarray(4, 4 + length).toString('latin1'), key: buffer.toString('base64') }
}

/** `SHA256:…`, as `ssh-keygen -l` prints it. */
export function fingerprint(key: HostKeyBlob): string {
  const hash = createHash('sha256').update(Buffer.from(key.key, 'base64')).digest('base64')
  return `SHA256:${hash.replace(/=+$/, '')}`
}

/** `ED25519 SHA256:…`, for people. */
export function describeKey(key: HostKeyBlob): string {
  return `${shortTypes[key.type] ?? key.type} ${fingerprint(key)}`
}

const shortTypes: Readonly<Record<string, string>> = {
  'ssh-ed25519': 'ED25519',
  'ssh-rsa': 'RSA',
  'ssh-dss': 'DSA',
  'ecdsa-sha2-nistp256': 'ECDSA',
  'ecdsa-sha2-nistp384': 'ECDSA-384',
  'ecdsa-sha2-nistp521': 'ECDSA-521',
}

export type Verdict =
  | { readonly kind: 'known' }
  | { readonly kind: 'unknown' }
  /** Lines that name the host with other keys. */
  | { readonly kind: 'changed'; readonly known: readonly KnownHost[] }
  | { readonly kind: 'revoked'; readonly by: KnownHost }

/**
 * What the known keys say about a key presented under `names`: the first is the host's own, the others count only
 * when they vouch for the key (ssh falls back to the name without port). A host that is known by keys of other types
 * only counts as changed: asked for those types first, it would have shown one of them.
 */
export function judge(known: readonly KnownHost[], names: readonly string[], offered: HostKeyBlob): Verdict {
  const about = (name: string) => known.filter((line) => line.matches(name))
  const lines = names.map(about)
  const same = (line: KnownHost) => line.key === offered.key
  const revoked = lines.flat().find((line) => line.marker === 'revoked' && same(line))
  if (revoked !== undefined) return { kind: 'revoked', by: revoked }
  if (lines.flat().some((line) => line.marker === 'none' && same(line))) return { kind: 'known' }
  const others = (lines[0] ?? []).filter((line) => line.marker === 'none')
  return others.length === 0 ? { kind: 'unknown' } : { kind: 'changed', known: others }
}
