import type { Algorithms, CipherAlgorithm, KexAlgorithm, MacAlgorithm, ServerHostKeyAlgorithm } from 'ssh2'
import type { Target } from './target.js'

/** Configured algorithms of which ssh2 knows none: another transport is needed. */
export class NoAlgorithmError extends Error {
  override readonly name = 'NoAlgorithmError'
}

/**
 * What to offer a host, in order of preference: as configured, else the quick ones among the safe. Host keys of the
 * types that are known for it come first, since it would otherwise show another one than the known.
 * @throws NoAlgorithmError
 */
export function offeredAlgorithms(target: Target, knownTypes: readonly string[]): Algorithms {
  const { kex, cipher, mac, hostKey } = target.algorithms
  return {
    kex: chosen('KexAlgorithms', kex, knownKex),
    cipher: chosen('Ciphers', cipher, knownCiphers),
    hmac: chosen('MACs', mac, knownMacs),
    serverHostKey: knownFirst(chosen('HostKeyAlgorithms', hostKey, knownSignatures), knownTypes),
    compress: target.compression ? ['zlib@openssh.com', 'none'] : ['none', 'zlib@openssh.com'],
  }
}

const knownKex: readonly KexAlgorithm[] = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
  'diffie-hellman-group-exchange-sha256',
  'diffie-hellman-group14-sha256',
  'diffie-hellman-group16-sha512',
  'diffie-hellman-group18-sha512',
]

const knownCiphers: readonly CipherAlgorithm[] = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'aes128-ctr',
  'aes192-ctr',
  'aes256-ctr',
  'chacha20-poly1305@openssh.com',
]

const knownMacs: readonly MacAlgorithm[] = [
  'hmac-sha2-256-etm@openssh.com',
  'hmac-sha2-512-etm@openssh.com',
  'hmac-sha1-etm@openssh.com',
  'hmac-sha2-256',
  'hmac-sha2-512',
  'hmac-sha1',
]

/** What ssh2 checks and makes signatures with: keys of hosts, and of users. */
export const knownSignatures: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
]

/** Legacy ones, offered only where the configuration names them. */
const onRequest: readonly string[] = [
  'ssh-rsa',
  'diffie-hellman-group14-sha1',
  'diffie-hellman-group-exchange-sha1',
  'diffie-hellman-group1-sha1',
  'aes128-cbc',
  'aes192-cbc',
  'aes256-cbc',
  '3des-cbc',
]

function chosen<T extends string>(keyword: string, configured: readonly string[] | null, known: readonly T[]): T[] {
  if (configured === null) return [...known]
  const usable = changeList(configured, known).filter((name) => known.includes(name as T) || onRequest.includes(name))
  if (usable.length === 0) throw new NoAlgorithmError(`${keyword} ${configured.join(',')}`)
  return usable as T[]
}

/** ssh's `+LIST`, `-LIST` and `^LIST` change the default; `ssh -G` has done so already, a parsed file has not. */
function changeList(configured: readonly string[], defaults: readonly string[]): readonly string[] {
  const sign = configured[0]?.[0] ?? ''
  const names = configured.map((name) => name.replace(/^[-+^]/, ''))
  const others = defaults.filter((name) => !names.includes(name))
  if (sign === '+') return [...defaults, ...names]
  if (sign === '^') return [...names, ...others]
  return sign === '-' ? others : names
}

function knownFirst(algorithms: ServerHostKeyAlgorithm[], knownTypes: readonly string[]): ServerHostKeyAlgorithm[] {
  const isKnown = (name: string) => knownTypes.includes(name.startsWith('rsa-sha2-') ? 'ssh-rsa' : name)
  return [...algorithms.filter(isKnown), ...algorithms.filter((name) => !isKnown(name))]
}
