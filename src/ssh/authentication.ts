import type { AnyAuthMethod } from 'ssh2'
import type { HostKey } from '../cluster/cluster.js'
import type { Ask } from './asking.js'
import { type Attempt, givenUpOf, keyAttempt, keyboardAttempt, passwordAttempt, questionAttempt } from './attempts.js'
import type { ConnectionError } from './errors.js'
import type { IdentityStore } from './identities.js'
import { findIdentities } from './identity-order.js'
import type { Passwords } from './passwords.js'
import { refusal } from './refusal.js'
import type { Target } from './target.js'

/** How one target is logged in to: what is offered, and afterwards what can be told about it. */
export interface Authentication {
  /**
   * The next thing to try, false when there is nothing more.
   * @param offered what the host takes; null before it has said so
   * @param partial the last attempt was right, and the host wants another method besides
   */
  next(offered: readonly string[] | null, partial: boolean): Promise<AnyAuthMethod | false>
  /** What the host said it takes; null before it has said so. */
  offers(): readonly string[] | null
  /** What to tell when the host let nothing in. `said`: its last words, or ours. */
  failure(host: HostKey, said: string): ConnectionError
}

export interface AuthenticationOptions {
  readonly identities: IdentityStore
  readonly passwords: Passwords
  /** Null where there is nobody to ask. */
  readonly ask: Ask | null
}

/** OpenSSH's order: the agent's keys that are configured, the agent's others, files, keyboard-interactive, password. */
export async function createAuthentication(target: Target, options: AuthenticationOptions): Promise<Authentication> {
  const found = await findIdentities(target, options.identities)
  const keys = found.identities.map((identity) => keyAttempt(target.user, identity))
  const asking = askingAttempts(target, options)
  const turn = createTurn(target, keys, asking)
  return {
    next: turn.next,
    offers: () => turn.told().offers,
    failure: (host, said) =>
      refusal(host, target, { said, left: found.left, canAsk: options.passwords.available, ...turn.told() }),
  }
}

/** Attempts that somebody has to answer for, made anew for each factor. */
function askingAttempts(target: Target, { ask, passwords }: AuthenticationOptions): () => Attempt[] {
  const { keyboardInteractive, password } = target.methods
  const counts = Array.from({ length: ask === null ? 1 : target.passwordPrompts }, (_, index) => index + 1)
  return () => [
    ...(keyboardInteractive && passwords.available
      ? counts.map((count) => keyboardAttempt(target, count, ask, passwords))
      : []),
    ...(password && passwords.available ? counts.map((count) => passwordAttempt(target, count, passwords)) : []),
  ]
}

/** More than any host has factors: one that is never content is left. */
const mostFactors = 5

function createTurn(target: Target, keys: readonly Attempt[], asking: () => Attempt[]) {
  const tried: Attempt[] = []
  let queue = [...keys, ...asking()]
  let offers: readonly string[] | null = null
  let factors = 1

  /** ssh2 does not pass on what a host says while a key is tried. */
  const learn = (last: Attempt | undefined, offered: readonly string[] | null, partial: boolean): void => {
    if (last === undefined || last.method === 'publickey') return
    offers = offered ?? offers
    if (!partial || factors >= mostFactors) return
    factors += 1
    queue = [...keys.filter((key) => key.outcome() !== 'answered'), ...asking()]
  }
  /** The host is asked what it takes when keys came to nothing, and when one was signed with: it may want more. */
  const isToBeAsked = (last: Attempt | undefined): boolean =>
    (last?.method === 'publickey' && last.outcome() === 'answered') ||
    (offers === null && queue[0]?.method !== 'publickey' && last?.method !== 'none')
  const isUsable = ({ method }: Attempt): boolean =>
    (offers === null || offers.includes(method)) &&
    (method === 'publickey' || !tried.some((one) => one.method === method && givenUpOf(one) !== undefined))
  const begin = async (attempt: Attempt): Promise<AnyAuthMethod | false> => {
    tried.push(attempt)
    return (await attempt.begin()) ?? false
  }
  const next = async (): Promise<AnyAuthMethod | false> => {
    for (;;) {
      if (isToBeAsked(tried.at(-1))) return begin(questionAttempt(target.user))
      const attempt = queue.shift()
      if (attempt === undefined) return false
      const method = isUsable(attempt) && (await begin(attempt))
      if (method !== false) return method
    }
  }
  return {
    next: (offered: readonly string[] | null, partial: boolean) => {
      learn(tried.at(-1), offered, partial)
      return next()
    },
    told: () => ({ tried, offers }),
  }
}
