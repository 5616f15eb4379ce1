import { NoAlgorithmError, offeredAlgorithms } from './algorithms.js'
import type { Target } from './target.js'
import type { LinkContext } from './way.js'

/** `ssh2` in this process, the ssh of this machine, or whichever can do what the configuration asks. */
export type Transport = 'auto' | 'ssh2' | 'openssh'

/** What of a target ssh2 cannot do, in words; null: nothing. A jump host's counts as the target's own. */
export function needsOpenSsh(target: Target, { hostKeys, identities }: Needs): string | null {
  // Without an ssh on this machine there is nothing else.
  if (target.sshArguments === null) return null
  const own = needs.map((need) => need(target, { hostKeys, identities })).find((reason) => reason !== null)
  if (own !== undefined) return own
  return (
    target.jumps.map((jump) => needsOpenSsh(jump, { hostKeys, identities })).find((reason) => reason !== null) ?? null
  )
}

type Needs = Pick<LinkContext, 'hostKeys' | 'identities'>

const needs: readonly ((target: Target, using: Needs) => string | null)[] = [
  (target) => (target.certificateFiles.length > 0 ? 'a CertificateFile is configured' : null),
  (target, { hostKeys }) =>
    hostKeys.isKnownByAuthorityAlone(target) ? 'the host is known by a certificate authority alone' : null,
  (target, { hostKeys }) => unknownAlgorithms(target, hostKeys.knownTypes(target)),
  (target, { identities }) => {
    const hardware = target.identityFiles.find((path) => identities.isHardwareKey(path))
    return hardware === undefined ? null : `${hardware} is a hardware key`
  },
]

function unknownAlgorithms(target: Target, knownTypes: readonly string[]): string | null {
  try {
    offeredAlgorithms(target, knownTypes)
    return null
  } catch (error) {
    if (error instanceof NoAlgorithmError) return `of ${error.message} none is known to ssh2`
    throw error
  }
}
