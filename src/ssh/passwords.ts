import type { Ask } from './asking.js'
import { describeTarget, type Target } from './target.js'

/**
 * The password for a target. The first attempt takes the one that was typed for this user, for whatever host; one that
 * a host refused is asked for again, for that host alone. Rejects when there is no answer.
 */
export type Passwords = (target: Target, attempt: number) => Promise<string>

export function createPasswords(ask: Ask | null): Passwords {
  const shared = new Map<string, Promise<string>>()
  const question = (text: string): Promise<string> =>
    ask === null ? Promise.reject(new Error('there is nobody to ask')) : ask(text, { secret: true })
  return (target, attempt) => {
    if (attempt > 1) return question(`Password for ${describeTarget(target)}: `)
    const password = shared.get(target.user) ?? question(`Password for user ${target.user} (for all hosts that ask): `)
    shared.set(target.user, password)
    return password
  }
}
