import type { Transport } from '../cluster/cluster.js'
import { NoAlgorithmError, offeredAlgorithms } from './algorithms.js'
import type { Target } from './target.js'
import type { LinkContext } from './way.js'

/** What speaks SSH to a host, and why. */
export interface ChosenTransport {
  readonly name: 'ssh2' | 'openssh'
  /** What of the configuration ssh2 cannot do; null: nothing, or somebody else has chosen. */
  readonly reason: string | null
}

type Using = Pick<LinkContext, 'hostKeys' | 'identities'>

/** `wanted`: `auto` takes ssh2 unless the configuration asks for what only OpenSSH can do. */
export function chooseTransport(target: Target, wanted: Transport, using: Using): ChosenTransport {
  if (wanted !== 'auto') return { name: wanted, reason: null }
  const reason = needsOpenSsh(target, using)
  return { name: reason === null ? 'ssh2' : 'openssh', reason }
}

/** What of a target ssh2 cannot do, in words; null: nothing. */
export function needsOpenSsh(target: Target, using: Using): string | null {
  // Without an ssh on this machine there is nothing else.
  if (target.sshArguments === null) return null
  return needs.map((need) => need(target, using)).find((reason) => reason !== null) ?? null
}

const needs: readonly ((target: Target, using: Using) => string | null)[] = [
  ({ onlyOpenSsh: [keyword] }) => (keyword === undefined ? null : `${keyword} is configured`),
  (target, { hostKeys }) =>
    hostKeys.isKnownByAuthorityAlone(target) ? 'the host is known by a certificate authority alone' : null,
  (target, { hostKeys }) => unknownAlgorithms(target, hostKeys.knownTypes(target)),
  (target, { identities }) => target.identityFiles.map(identities.beyondSsh2).find((reason) => reason !== null) ?? null,
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
