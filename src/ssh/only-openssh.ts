import { isIP } from 'node:net'
import { knownSignatures } from './algorithms.js'
import { wildcard } from './known-hosts.js'
import { isYes, type One } from './settings-words.js'

/**
 * Keywords of a configuration that only OpenSSH can act on, as ssh_config(5) writes them. `defaults`: what the same
 * program does where nothing is configured.
 */
export function configuredOnlyOpenSsh(one: One, defaults: One): readonly string[] {
  return Object.entries(onlyOpenSsh).flatMap(([keyword, counts]) => {
    const name = keyword.toLowerCase()
    const value = one(name)
    return value !== undefined && value !== defaults(name) && counts(value, one, defaults(name)) ? [keyword] : []
  })
}

/** With the values for which it has to be OpenSSH. */
const onlyOpenSsh: Readonly<Record<string, (value: string, one: One, usual: string | undefined) => boolean>> = {
  BindAddress: (value) => isIP(value) === 0,
  BindInterface: isNamed,
  CertificateFile: isNamed,
  // It compares the key known for the name with that of its address: there is nothing to compare where that is one.
  CheckHostIP: (value, one) => isYes(value) && isIP(one('hostname') ?? '') === 0,
  KnownHostsCommand: isNamed,
  PKCS11Provider: isNamed,
  ProxyUseFdpass: isYes,
  PubkeyAcceptedAlgorithms: excludes,
  // Its name before OpenSSH 8.5.
  PubkeyAcceptedKeyTypes: excludes,
  RevokedHostKeys: isNamed,
  SecurityKeyProvider: (value) => isNamed(value) && value !== 'internal',
  // With `ask` the user would be told on top of a question that is not asked here.
  VerifyHostKeyDNS: isYes,
}

function isNamed(value: string): boolean {
  return value !== 'none' && value !== ''
}

/** Policies of a system often name what ssh2 signs with in another order, which is nothing to it. */
const signatures: readonly string[] = knownSignatures

function excludes(value: string, _one: One, usual = signatures.join()): boolean {
  if (/^[+^]/.test(value)) return false
  const accepted = value.split(',').map(wildcard)
  return usual.split(',').some((name) => signatures.includes(name) && !accepted.some((one) => one.test(name)))
}
