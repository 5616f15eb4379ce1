import ssh2, { type IdentityCallback, type ParsedKey, type SignCallback, type SigningRequestOptions } from 'ssh2'
import type { FileIdentity, Identity, IdentityStore, PublicOnly, SealedIdentity } from './identities.js'
import type { Target } from './target.js'

/** Keys to offer, in order, and what was left out and why. */
export interface FoundIdentities {
  readonly identities: readonly (Identity | SealedIdentity)[]
  readonly left: readonly { readonly name: string; readonly reason: string }[]
}

/** OpenSSH's order: the agent's keys that are also configured, the agent's others (unless IdentitiesOnly), then files. */
export async function findIdentities(target: Target, store: IdentityStore): Promise<FoundIdentities> {
  if (!target.methods.publickey) return { identities: [], left: [] }
  const agent = await agentIdentities(target, store)
  const files = target.identityFiles.map((path) => store.file(path))
  const configured = files.filter(hasPublicKey)
  const [listed, others] = partition(agent.identities, (identity) => configured.some((file) => sameKey(file, identity)))
  const own = files.filter(isUsable).filter((file) => 'unseal' in file || !listed.some((one) => sameKey(file, one)))
  return {
    identities: [...listed, ...(target.identitiesOnly ? [] : others), ...own],
    left: [...agent.left, ...leftOut(target, files, listed)],
  }
}

interface AgentKeys {
  readonly identities: readonly Identity[]
  readonly left: FoundIdentities['left']
}

async function agentIdentities(target: Target, store: IdentityStore): Promise<AgentKeys> {
  if (target.identityAgent === null) return { identities: [], left: [] }
  try {
    return { identities: await store.agent(target.identityAgent), left: [] }
  } catch (error) {
    return { identities: [], left: [{ name: `agent at ${target.identityAgent}`, reason: (error as Error).message }] }
  }
}

/** Files that somebody chose and that came to nothing. ssh's own defaults need not be there. */
function leftOut(target: Target, files: readonly FileIdentity[], listed: readonly Identity[]): FoundIdentities['left'] {
  return files.flatMap((file) => {
    if (isUsable(file) || (hasPublicKey(file) && listed.some((identity) => sameKey(file, identity)))) return []
    if (file.reason !== null) return [{ name: file.name, reason: file.reason }]
    return target.identityFilesChosen ? [{ name: file.name, reason: 'there is no such file' }] : []
  })
}

function hasPublicKey(file: FileIdentity): file is Identity | PublicOnly {
  return 'publicKey' in file
}

function isUsable(file: FileIdentity): file is Identity | SealedIdentity {
  return 'sign' in file || 'unseal' in file
}

type WithPublicKey = Pick<Identity, 'publicKey'>

function sameKey(one: WithPublicKey, other: WithPublicKey): boolean {
  return one.publicKey.getPublicSSH().equals(other.publicKey.getPublicSSH())
}

function partition<T>(values: readonly T[], goesFirst: (value: T) => boolean): [readonly T[], readonly T[]] {
  return [values.filter(goesFirst), values.filter((value) => !goesFirst(value))]
}

/**
 * An identity in the shape of an agent: ssh2 then shows a host the public half first and waits for the signature, so that
 * a passphrase is asked for only where its key is wanted. A class since ssh2 looks for one.
 */
export class IdentityAgent extends ssh2.BaseAgent<ParsedKey> {
  readonly #identity: Identity
  /** What came of it: the host has not asked for a signature, has been given it, or could not be. */
  outcome: 'not wanted' | 'signed' | Error = 'not wanted'
  constructor(identity: Identity) {
    super()
    this.#identity = identity
  }

  override getIdentities(callback: IdentityCallback<ParsedKey>): void {
    callback(null, [this.#identity.publicKey])
  }

  override sign(
    _key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    done?: SignCallback,
  ): void {
    const [given, callback] = typeof options === 'function' ? [{}, options] : [options, done]
    this.#identity.sign(data, given).then(
      (signature) => {
        this.outcome = 'signed'
        callback?.(null, signature)
      },
      (error: Error) => {
        this.outcome = error
        callback?.(error)
      },
    )
  }
}
