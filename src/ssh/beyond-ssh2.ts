import type { ConnectionError } from './errors.js'
import type { IdentityStore } from './identities.js'
import type { Target } from './target.js'

/** A login that ssh2 could not make and OpenSSH may: thrown in place of the failure. */
export class BeyondSsh2Error extends Error {
  override readonly name = 'BeyondSsh2Error'
  readonly failure: ConnectionError
  /** `message` says what ssh2 cannot do. */
  constructor(message: string, failure: ConnectionError) {
    super(message)
    this.failure = failure
  }
}

/** What of a refused login only OpenSSH could still try; null: nothing. `offers`: what the host takes, as far as it said so. */
export async function untriedMethod(
  { methods, identityAgent }: Target,
  offers: readonly string[] | null,
  identities: IdentityStore,
): Promise<string | null> {
  const method = methods.onlyOpenSsh.find((one) => offers?.includes(one))
  if (method !== undefined) return `the host takes ${method}`
  const agentKeys = identityAgent !== null && methods.publickey ? await identities.agentOnlyOpenSsh(identityAgent) : []
  return agentKeys.length === 0 ? null : `the agent has a key of type ${agentKeys[0]}`
}
