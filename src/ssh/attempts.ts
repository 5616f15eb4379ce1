import type { AnyAuthMethod, AuthenticationType } from 'ssh2'
import type { Ask } from './asking.js'
import type { Identity, SealedIdentity } from './identities.js'
import { IdentityAgent } from './identity-order.js'
import { fingerprint, readHostKey } from './known-hosts.js'
import type { Passwords } from './passwords.js'
import { describeTarget, type Target } from './target.js'
import { plainText, shorten } from './text.js'

/** One thing to try, to be let in. */
export interface Attempt {
  readonly method: AuthenticationType
  /** For people: the key, or the method. */
  readonly name: string
  /** Null: there is nothing to try after all, for the reason that `outcome` gives. */
  begin(): Promise<AnyAuthMethod | null>
  /** What is known afterwards. `answered`: the host got what it asked for. Given up: there was no answer to give. */
  outcome(): 'open' | 'answered' | GivenUp
}

interface GivenUp {
  readonly givenUp: string
}

/** Why an attempt was given up; undefined: it was not. */
export function givenUpOf(attempt: Attempt): string | undefined {
  const outcome = attempt.outcome()
  return typeof outcome === 'object' ? outcome.givenUp : undefined
}

export function keyAttempt(user: string, identity: Identity | SealedIdentity): Attempt {
  let agent: IdentityAgent | undefined
  let failure: GivenUp | undefined
  return {
    method: 'publickey',
    name: describeIdentity(identity),
    begin: async () => {
      try {
        agent = new IdentityAgent('unseal' in identity ? await identity.unseal() : identity)
        return { type: 'agent', username: user, agent }
      } catch (error) {
        failure = { givenUp: (error as Error).message }
        return null
      }
    },
    outcome: () => failure ?? outcomeOf(agent),
  }
}

function outcomeOf(agent: IdentityAgent | undefined): ReturnType<Attempt['outcome']> {
  const outcome = agent?.outcome ?? 'not wanted'
  if (outcome instanceof Error) return { givenUp: outcome.message }
  return outcome === 'signed' ? 'answered' : 'open'
}

/** Tries nothing: the host answers with the methods that it takes. */
export function questionAttempt(username: string): Attempt {
  return { method: 'none', name: '', begin: async () => ({ type: 'none', username }), outcome: () => 'open' }
}

export function passwordAttempt(target: Target, count: number, passwords: Passwords): Attempt {
  let failure: GivenUp | undefined
  return {
    method: 'password',
    name: 'password',
    begin: async () => {
      try {
        const password = await passwords.get(target, count)
        if (password !== '') return { type: 'password', username: target.user, password }
        failure = noAnswer
      } catch (error) {
        failure = { givenUp: (error as Error).message }
      }
      return null
    },
    outcome: () => failure ?? 'answered',
  }
}

const noAnswer: GivenUp = { givenUp: 'no answer was given' }

export function keyboardAttempt(target: Target, count: number, ask: Ask | null, passwords: Passwords): Attempt {
  let failure: GivenUp | undefined
  const answer = async (text: string, echo: boolean): Promise<string> => {
    if (!echo && /password/i.test(text)) return passwords.get(target, count)
    const question = shorten(plainText(text).trim(), 200)
    if (ask === null) throw new Error(`the host asks \`${question}\`, and there is nobody to answer`)
    return ask(`${describeTarget(target)}: ${question} `, { secret: !echo })
  }
  return {
    method: 'keyboard-interactive',
    name: 'keyboard-interactive',
    begin: async () => ({
      type: 'keyboard-interactive',
      username: target.user,
      prompt: (_name, _instructions, _language, prompts, finish) => {
        const asked = prompts.reduce(
          async (before, { prompt, echo }) => [...(await before), await answer(prompt, echo ?? false)],
          Promise.resolve<string[]>([]),
        )
        asked.then(finish, (error: Error) => {
          failure = { givenUp: error.message }
          finish(prompts.map(() => ''))
        })
      },
    }),
    outcome: () => failure ?? 'answered',
  }
}

function describeIdentity(identity: Identity | SealedIdentity): string {
  if ('unseal' in identity) return identity.name
  return `${identity.name} (${fingerprint(readHostKey(identity.publicKey.getPublicSSH()))})`
}
