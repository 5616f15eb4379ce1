import type { HostKey } from '../cluster/cluster.js'
import type { PasswordOptions } from './passwords.js'
import { createSlots, keyed } from './slots.js'

/**
 * The password with which a login becomes another user. One is asked for and serves for all hosts; it is tried on one
 * host before it goes to others, so that a wrong one locks nobody out. A host that then refuses it is asked for its own.
 * `accepts` tries a password once; what it throws says nothing of the password.
 * @throws NoPasswordError
 */
export type RunAsPasswords = (
  login: { readonly user: string; readonly host: HostKey },
  accepts: (password: string) => Promise<boolean>,
) => Promise<string>

/** There is no password that would do. */
export class NoPasswordError extends Error {
  override readonly name = 'NoPasswordError'
  /** Nobody gave one; or it was refused, by the host that is named. */
  readonly refusedBy: HostKey | null
  constructor(refusedBy: HostKey | null) {
    super(refusedBy === null ? 'there is no password' : 'the password is wrong')
    this.refusedBy = refusedBy
  }
}

/** As often as sudo itself would ask. */
const mostTries = 3

interface Shared {
  /** One host at a time tries, until one has accepted. */
  readonly turn: ReturnType<typeof createSlots>
  typed: string | null
  isProven: boolean
  /** Why nobody is asked any more. */
  over: NoPasswordError | null
}

export function createRunAsPasswords({ ask, given }: PasswordOptions): RunAsPasswords {
  // sudo wants the password of the login, so the one that was given for that will do.
  const sharedBy = keyed((_user): Shared => ({ turn: createSlots(1), typed: given, isProven: false, over: null }))

  const question = async (text: string, refusedBy: HostKey | null): Promise<string> => {
    const typed = ask === null ? '' : await ask(text, { secret: true }).catch(() => '')
    if (typed === '') throw new NoPasswordError(refusedBy)
    return typed
  }

  const prove: Prove = async (shared, { user, host }, accepts) => {
    for (let tries = 1; tries <= mostTries; tries++) {
      const again = tries === 1 ? '' : `${host} does not take that. `
      const text = `${again}sudo password of ${user} (for all hosts that ask): `
      shared.typed ??= await question(text, tries === 1 ? null : host)
      shared.isProven = await accepts(shared.typed)
      if (shared.isProven) return
      shared.typed = null
    }
    throw new NoPasswordError(host)
  }

  const ownOf = async (user: string, host: HostKey, accepts: Accepts): Promise<string> => {
    for (let tries = 1; tries <= mostTries; tries++) {
      const typed = await question(`sudo password of ${user} on ${host}, which takes another: `, host)
      if (await accepts(typed)) return typed
    }
    throw new NoPasswordError(host)
  }

  return async (login, accepts) => {
    const shared = sharedBy(login.user)
    const isFirst = await shared.turn.use(async () => {
      if (shared.over !== null) throw shared.over
      if (shared.isProven) return false
      await prove(shared, login, accepts).catch((error) => {
        if (error instanceof NoPasswordError) shared.over = error
        throw error
      })
      return true
    })
    const typed = shared.typed ?? ''
    return isFirst || (await accepts(typed)) ? typed : ownOf(login.user, login.host, accepts)
  }
}

type Accepts = Parameters<RunAsPasswords>[1]
type Prove = (shared: Shared, ...given: Parameters<RunAsPasswords>) => Promise<void>
