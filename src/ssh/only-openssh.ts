import { isIP } from 'node:net'
import { isYes, type One } from './settings-words.js'

/** Keywords of a configuration that only OpenSSH can act on, as ssh_config(5) writes them. */
export function configuredOnlyOpenSsh(one: One): readonly string[] {
  return Object.entries(onlyOpenSsh).flatMap(([keyword, counts]) => {
    const value = one(keyword.toLowerCase())
    return value !== undefined && counts(value) ? [keyword] : []
  })
}

/** With the values for which it has to be OpenSSH. */
const onlyOpenSsh: Readonly<Record<string, (value: string) => boolean>> = {
  BindAddress: (value) => isIP(value) === 0,
  BindInterface: isNamed,
  CertificateFile: isNamed,
  KnownHostsCommand: isNamed,
  PKCS11Provider: isNamed,
  ProxyUseFdpass: isYes,
  RevokedHostKeys: isNamed,
  SecurityKeyProvider: (value) => isNamed(value) && value !== 'internal',
}

function isNamed(value: string): boolean {
  return value !== 'none' && value !== ''
}
