import type { Ask } from './asking.js'
import { describeTarget, type Target } from './target.js'

/** Passwords to log in with. */
export interface Passwords {
  /** Whether there is one, or somebody to ask. */
  readonly available: boolean
  /**
   * The password for a target. The first attempt takes the one that was given, or was typed for this user, for whatever
   * host; one that a host refused is asked for again, for that host alone. Rejects when there is no answer.
   */
  get(target: Target, attempt: number): Promise<string>
}

export interface PasswordOptions {
  /** Null where there is nobody to ask. */
  readonly ask: Ask | null
  /** The password that the user gave beforehand; null: none. */
  readonly given: string | null
}

export function createPasswords({ ask, given }: PasswordOptions): Passwords {
  const shared = new Map<string, Promise<string>>()
  const question = (text: string): Promise<string> =>
    ask === null ? Promise.reject(new Error('there is nobody to ask')) : ask(text, { secret: true })
  return {
    available: ask !== null || given !== null,
    get: (target, attempt) => {
      if (attempt > 1) return question(`Password for ${describeTarget(target)}: `)
      if (given !== null) return Promise.resolve(given)
      const password =
        shared.get(target.user) ?? question(`Password for user ${target.user} (for all hosts that ask): `)
      shared.set(target.user, password)
      return password
    },
  }
}
