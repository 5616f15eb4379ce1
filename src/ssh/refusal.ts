import type { HostKey } from '../cluster/cluster.js'
import { type Attempt, givenUpOf } from './attempts.js'
import { ConnectionError } from './errors.js'
import type { FoundIdentities } from './identity-order.js'
import { describeTarget, type Target } from './target.js'
import { plainText, shorten } from './text.js'

/** What is known when a host has let nothing in. */
export interface Refused {
  /** The host's last words, or ours; may be empty. */
  readonly said: string
  /** In order. */
  readonly tried: readonly Attempt[]
  readonly left: FoundIdentities['left']
  /** What the host takes; null: it has not said. */
  readonly offers: readonly string[] | null
  /** There is a password, or somebody to ask for one. */
  readonly canAsk: boolean
}

/** Which keys and methods were tried, what was left out and why, and what the host takes. */
export function refusal(host: HostKey, target: Target, refused: Refused): ConnectionError {
  const remedy = remedyOf(refused)
  return new ConnectionError('auth-failed', host, {
    cause: `${describeTarget(target)} refuses ${refusedThings(refused)}`,
    evidence: evidenceOf(target, refused),
    ...(remedy !== undefined && { remedy }),
  })
}

/** The same when the ssh of this machine was refused: it tells what the host takes, but not what it has tried. */
export function refusalBySsh(
  host: HostKey,
  target: Target,
  { said, found, canAsk }: { readonly said: string; readonly found: FoundIdentities; readonly canAsk: boolean },
): ConnectionError {
  const { identities, left } = found
  const offers = /Permission denied \(([^)\n]*)\)\.$/m.exec(said)?.[1]?.split(',') ?? null
  const refused: Refused = { said, tried: [], left, offers, canAsk }
  const remedy = remedyOf(refused)
  const lines = [
    said,
    ...identities.map(({ name }) => `given     ${name}`),
    ...left.map(({ name, reason }) => `left out  ${name}: ${reason}`),
    ...unasked(target, refused),
  ]
  return new ConnectionError('auth-failed', host, {
    cause: `${describeTarget(target)} refuses the login by ssh`,
    evidence: lines.join('\n'),
    ...(remedy !== undefined && { remedy }),
  })
}

function evidenceOf(target: Target, refused: Refused): string {
  const { said, tried, left, offers } = refused
  const lines = [
    said,
    ...new Set(tried.filter(wasOffered).map((attempt) => `tried     ${described(attempt, tried)}`)),
    ...new Set([...tried.flatMap(givenUp), ...left.map(({ name, reason }) => `left out  ${name}: ${reason}`)]),
    ...unasked(target, refused),
    offers === null ? '' : `the host takes ${offers.map((offer) => shorten(plainText(offer), 60)).join(', ')}`,
  ]
  return lines.filter((line) => line !== '').join('\n')
}

function wasOffered(attempt: Attempt): boolean {
  return attempt.method !== 'none' && givenUpOf(attempt) === undefined
}

function described({ method, name }: Attempt, tried: readonly Attempt[]): string {
  const times = tried.filter((one) => one.method === method && one.name === name && wasOffered(one)).length
  return times > 1 ? `${name}, ${times} times` : name
}

function givenUp(attempt: Attempt): readonly string[] {
  const reason = givenUpOf(attempt)
  return reason === undefined ? [] : [`left out  ${attempt.name}: ${reason}`]
}

/** Methods that the host takes, and that nobody was there for. */
function unasked({ methods }: Target, { offers, canAsk }: Refused): readonly string[] {
  const wanted = [
    { name: 'keyboard-interactive', isOn: methods.keyboardInteractive },
    { name: 'password', isOn: methods.password },
  ].filter(({ name }) => offers?.includes(name))
  return wanted.flatMap(({ name, isOn }) => {
    if (!isOn) return [`left out  ${name}: the SSH configuration switches it off`]
    return canAsk ? [] : [`left out  ${name}: there is nobody to ask: no terminal, no SSH_ASKPASS, no --password-fd`]
  })
}

function refusedThings({ tried }: Refused): string {
  const kinds = new Set(tried.filter(wasOffered).map(({ method }) => (method === 'publickey' ? 'key' : 'password')))
  if (kinds.size === 0) return 'a login without any key'
  return `every ${[...kinds].join(' and every ')} that was offered`
}

function remedyOf({ tried, offers, canAsk }: Refused): string | undefined {
  if (tried.filter((one) => one.method === 'publickey' && wasOffered(one)).length > 5) return tooManyKeys
  return !canAsk && offers?.some((offer) => offer === 'password' || offer === 'keyboard-interactive')
    ? givePassword
    : undefined
}

const tooManyKeys =
  'Many hosts close the connection after six keys. Name the right one with `identityFile:` in the inventory, or with IdentityFile and `IdentitiesOnly yes` in ~/.ssh/config.'

const givePassword =
  'Try `ssh HOST` from here. Is the user right, and is the public key in ~/.ssh/authorized_keys there? A password is taken from a terminal, from the program of SSH_ASKPASS, or with `--password-fd 3 3<FILE`.'
