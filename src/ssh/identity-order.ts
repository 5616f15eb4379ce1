import ssh2, { type IdentityCallback, type ParsedKey, type SignCallback, type SigningRequestOptions } from 'ssh2'
import type { Identity, IdentityStore, NoIdentity, PublicOnly } from './identities.js'
import type { Target } from './target.js'

/** Keys to offer, in order, and what was left out and why. */
export interface FoundIdentities {
  readonly identities: readonly Identity[]
  readonly left: readonly { readonly name: string; readonly reason: string }[]
}

/** OpenSSH's order: the agent's keys that are also configured, the agent's others (unless IdentitiesOnly), then files. */
export async function findIdentities(target: Target, store: IdentityStore): Promise<FoundIdentities> {
  if (!target.methods.publickey) return { identities: [], left: [] }
  const agent = await agentIdentities(target, store)
  const files = target.identityFiles.map((path) => store.file(path))
  const configured = files.filter(hasPublicKey)
  const [listed, others] = partition(agent.identities, (identity) => configured.some((file) => sameKey(file, identity)))
  const own = configured.filter(canSign).filter((file) => !listed.some((identity) => sameKey(file, identity)))
  return {
    identities: [...listed, ...(target.identitiesOnly ? [] : others), ...own],
    left: [...agent.left, ...leftOut(target, files, listed)],
  }
}

async function agentIdentities(target: Target, store: IdentityStore): Promise<FoundIdentities> {
  if (target.identityAgent === null) return { identities: [], left: [] }
  try {
    return { identities: await store.agent(target.identityAgent), left: [] }
  } catch (error) {
    return { identities: [], left: [{ name: `agent at ${target.identityAgent}`, reason: (error as Error).message }] }
  }
}

/** Files that somebody chose and that came to nothing. ssh's own defaults need not be there. */
function leftOut(
  target: Target,
  files: readonly (Identity | PublicOnly | NoIdentity)[],
  listed: readonly Identity[],
): FoundIdentities['left'] {
  return files.flatMap((file) => {
    if (hasPublicKey(file)) {
      const usable = canSign(file) || listed.some((identity) => sameKey(file, identity))
      return usable ? [] : [{ name: file.name, reason: 'the private key is not there, and the agent does not have it' }]
    }
    if (file.reason !== null) return [{ name: file.name, reason: file.reason }]
    return target.identityFilesChosen ? [{ name: file.name, reason: 'there is no such file' }] : []
  })
}

function hasPublicKey(file: Identity | PublicOnly | NoIdentity): file is Identity | PublicOnly {
  return 'publicKey' in file
}

function canSign(file: Identity | PublicOnly): file is Identity {
  return 'sign' in file
}

function sameKey(one: PublicOnly, other: PublicOnly): boolean {
  return one.publicKey.getPublicSSH().equals(other.publicKey.getPublicSSH())
}

function partition<T>(values: readonly T[], goesFirst: (value: T) => boolean): [readonly T[], readonly T[]] {
  return [values.filter(goesFirst), values.filter((value) => !goesFirst(value))]
}

/**
 * The identities in the shape of an agent: ssh2 then shows a host the public halves first and waits for the signature,
 * so that a passphrase is asked for only where its key is wanted. A class since ssh2 looks for one.
 */
export class IdentityAgent extends ssh2.BaseAgent<ParsedKey> {
  readonly #identities: readonly Identity[]
  constructor(identities: readonly Identity[]) {
    super()
    this.#identities = identities
  }

  override getIdentities(callback: IdentityCallback<ParsedKey>): void {
    callback(
      null,
      this.#identities.map(({ publicKey }) => publicKey),
    )
  }

  override sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    done?: SignCallback,
  ): void {
    const [given, callback] = typeof options === 'function' ? [{}, options] : [options, done]
    this.#signature(key, data, given).then(
      (signature) => callback?.(null, signature),
      (error: Error) => callback?.(error),
    )
  }

  async #signature(key: ParsedKey, data: Buffer, options: SigningRequestOptions): Promise<Buffer> {
    const identity = this.#identities.find((candidate) => candidate.publicKey.getPublicSSH().equals(key.getPublicSSH()))
    if (identity === undefined) throw new Error('not a key of ours')
    return identity.sign(data, options)
  }
}
