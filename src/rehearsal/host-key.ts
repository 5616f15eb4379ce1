import { generateKeyPairSync, randomBytes } from 'node:crypto'

/** An ed25519 key pair as OpenSSH writes it. */
export interface SshKeyPair {
  /** Text of the private key's file, without a passphrase. */
  readonly privateKey: string
  /** `ssh-ed25519 AAAA…`, without a comment. */
  readonly publicKey: string
}

/**
 * A new key pair, by Node's own generator: the one of ssh2 makes a malformed key now and then. The generator writes it
 * itself, since Node 20 may wait for ever while it exports a key as JWK: when garbage is collected meanwhile.
 */
export function generateSshKeyPair(): SshKeyPair {
  const pair = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  })
  const [privatePart, publicPart] = [pair.privateKey.subarray(-partBytes), pair.publicKey.subarray(-partBytes)]
  const blob = strings('ssh-ed25519', publicPart)
  const secret = padded(Buffer.concat([checkNumbers(), blob, strings(Buffer.concat([privatePart, publicPart]), '')]))
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    strings('none', 'none', ''),
    uint32(1),
    strings(blob, secret),
  ])
  return { privateKey: pem(file), publicKey: `ssh-ed25519 ${blob.toString('base64')}` }
}

/** Either key stands at the end of what is written of it (RFC 8410). */
const partBytes = 32

/** The same number twice: how a reader finds out that it decrypted well. */
function checkNumbers(): Buffer {
  const number = randomBytes(4)
  return Buffer.concat([number, number])
}

function padded(bytes: Buffer): Buffer {
  const missing = (8 - (bytes.length % 8)) % 8
  return Buffer.concat([bytes, Buffer.from(Array.from({ length: missing }, (_, index) => index + 1))])
}

function strings(...parts: (string | Buffer)[]): Buffer {
  return Buffer.concat(parts.flatMap((part) => [uint32(Buffer.byteLength(part)), Buffer.from(part as string)]))
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,70}/g) ?? []
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`
}
