/** What a private key's file tells without its passphrase. */
export interface KeyEnvelope {
  readonly encrypted: boolean
  /** The public half as a line `type base64`, where the format has it in the clear. */
  readonly publicKey: string | undefined
}

const openSsh = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+)-----END OPENSSH PRIVATE KEY-----/
const encryptedPem =
  /^Proc-Type: 4,ENCRYPTED|-----BEGIN ENCRYPTED PRIVATE KEY-----|^PuTTY-User-Key-File-\d: .*\nEncryption: aes/m

export function readKeyEnvelope(text: string): KeyEnvelope {
  const body = openSsh.exec(text)?.[1]
  if (body === undefined) return { encrypted: encryptedPem.test(text), publicKey: undefined }
  const [cipher, , , key] = readStrings(Buffer.from(body, 'base64').subarray(magic.length))
  return {
    encrypted: cipher?.toString() !== 'none',
    publicKey: key && `${readStrings(key)[0]} ${key.toString('base64')}`,
  }
}

const magic = 'openssh-key-v1\0'

/** Cipher, its derivation, the derivation's options; then, after the number of keys (4 bytes), the first public key. */
function readStrings(buffer: Buffer): readonly Buffer[] {
  const strings: Buffer[] = []
  for (let at = 0; at + 4 <= buffer.length && strings.length < 4; ) {
    if (strings.length === 3) at += 4
    const end = at + 4 + buffer.readUInt32BE(at)
    strings.push(buffer.subarray(at + 4, end))
    at = end
  }
  return strings
}
