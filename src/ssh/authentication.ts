import type { AnyAuthMethod, AuthenticationType } from 'ssh2'
import type { HostKey } from '../cluster/cluster.js'
import type { Ask } from './asking.js'
import { ConnectionError } from './errors.js'
import type { Identity, IdentityStore } from './identities.js'
import { type FoundIdentities, findIdentities, IdentityAgent } from './identity-order.js'
import { fingerprint, readHostKey } from './known-hosts.js'
import type { Passwords } from './passwords.js'
import { describeTarget, type Target } from './target.js'
import { plainText, shorten } from './text.js'

/** How one target is logged in to: what is offered, and afterwards what can be told about it. */
export interface Authentication {
  /** The next thing to try, false when there is nothing more. `offered`: what the host takes; null before it has said so. */
  next(offered: readonly string[] | null): Promise<AnyAuthMethod | false>
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
  const steps = authenticationSteps(target, found.identities, options)
  let offers: readonly string[] | null = null
  return {
    next: async (offered) => {
      offers = offered ?? offers
      for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
        const wanted = offers === null || offers.includes(step.method)
        const attempt = wanted ? await step.attempt() : null
        if (attempt !== null) return attempt
      }
      return false
    },
    offers: () => offers,
    failure: (host, said) => authenticationError(host, target, found, offers, said),
  }
}

interface Step {
  readonly method: AuthenticationType
  /** Null: nothing to try after all. */
  readonly attempt: () => Promise<AnyAuthMethod | null>
}

function authenticationSteps(
  target: Target,
  identities: readonly Identity[],
  { ask, passwords }: AuthenticationOptions,
): Step[] {
  const username = target.user
  const steps: Step[] = []
  if (identities.length > 0) {
    steps.push({
      method: 'publickey',
      attempt: async () => ({ type: 'agent', username, agent: new IdentityAgent(identities) }),
    })
  }
  // ssh2 does not pass on what a host says it takes while keys are tried; so the host is asked, after them.
  steps.push({ method: 'none', attempt: async () => ({ type: 'none', username }) })
  if (ask === null) return steps
  const tries = Array.from({ length: target.passwordPrompts }, (_, index) => index + 1)
  if (target.methods.keyboardInteractive)
    steps.push(...tries.map((attempt) => keyboardStep(target, attempt, ask, passwords)))
  if (target.methods.password) steps.push(...tries.map((attempt) => passwordStep(target, attempt, passwords)))
  return steps
}

function passwordStep(target: Target, attempt: number, passwords: Passwords): Step {
  return {
    method: 'password',
    attempt: async () => {
      const password = await passwords(target, attempt).catch(() => '')
      return password === '' ? null : { type: 'password', username: target.user, password }
    },
  }
}

function keyboardStep(target: Target, attempt: number, ask: Ask, passwords: Passwords): Step {
  const answer = (text: string, echo: boolean): Promise<string> =>
    !echo && /password/i.test(text)
      ? passwords(target, attempt)
      : ask(`${describeTarget(target)}: ${shorten(plainText(text), 200)}`, { secret: !echo })
  return {
    method: 'keyboard-interactive',
    attempt: async () => ({
      type: 'keyboard-interactive',
      username: target.user,
      prompt: (_name, _instructions, _language, prompts, finish) => {
        const asked = prompts.reduce(
          async (before, { prompt, echo }) => [...(await before), await answer(prompt, echo ?? false)],
          Promise.resolve<string[]>([]),
        )
        asked.then(finish, () => finish(prompts.map(() => '')))
      },
    }),
  }
}

function authenticationError(
  host: HostKey,
  target: Target,
  found: FoundIdentities,
  offers: readonly string[] | null,
  said: string,
): ConnectionError {
  const lines = [
    said,
    ...found.identities.map((identity) => `tried     ${describeIdentity(identity)}`),
    ...found.left.map((left) => `left out  ${left.name}: ${left.reason}`),
    offers === null ? '' : `the host takes ${offers.join(', ')}`,
  ]
  const remedy = found.identities.length > 5 ? { remedy: tooManyKeys } : {}
  const cause = `${describeTarget(target)} refuses ${found.identities.length === 0 ? 'a login without any key' : 'every key that was offered'}`
  return new ConnectionError('auth-failed', host, {
    cause,
    evidence: lines.filter((line) => line !== '').join('\n'),
    ...remedy,
  })
}

const tooManyKeys =
  'Many hosts close the connection after six keys. Name the right one with `identityFile:` in the inventory, or with IdentityFile and `IdentitiesOnly yes` in ~/.ssh/config.'

function describeIdentity({ name, publicKey }: Identity): string {
  return `${name} (${fingerprint(readHostKey(publicKey.getPublicSSH()))})`
}
