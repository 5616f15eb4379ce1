import type { HostKey } from '../cluster/cluster.js'
import type { World } from '../world.js'
import type { Asker } from './asking.js'
import type { HostKeyStore } from './host-key-store.js'
import type { IdentityStore } from './identities.js'
import type { Link } from './link.js'
import type { Networks } from './networks.js'
import type { Passphrases } from './passphrases.js'
import type { Passwords } from './passwords.js'
import type { RunAsPasswords } from './run-as-passwords.js'
import type { NarrowingSlots } from './slots.js'
import type { Target } from './target.js'

/** What all links of a run share. */
export interface LinkContext {
  readonly world: World
  readonly only: Networks | null
  readonly asker: Asker
  readonly identities: IdentityStore
  readonly passphrases: Passphrases
  readonly passwords: Passwords
  /** For becoming another user on a host. */
  readonly runAsPasswords: RunAsPasswords
  readonly hostKeys: HostKeyStore
  /** Most a host may take to let us in, milliseconds. A shorter ConnectTimeout of the SSH configuration counts. */
  readonly connectTimeoutMs: number
  /** Most of that until it says that it is an SSH server, milliseconds. One that is busy answers, and gets the rest too. */
  readonly answerTimeoutMs: number
  /** Tells the user something that he has to do, and that is no question. */
  readonly tell: (host: HostKey, message: string) => void
  /** Logins under way at one sshd. */
  readonly logins: (sshd: string) => NarrowingSlots
  /** The one link to a jump host, made when first needed. */
  readonly jump: (jump: Target) => Promise<Link>
  /** Told when OpenSSH takes over what ssh2 could not do, and what that was. */
  readonly onBeyond: (host: HostKey, reason: string) => void
}

/** One login to be made. */
export interface Login {
  readonly host: HostKey
  readonly target: Target
  readonly context: LinkContext
  /** Most it may take, milliseconds. */
  readonly limitMs: number
  /** Most of that until the host has answered. */
  readonly answerLimitMs: number
  readonly signal: AbortSignal | undefined
}

/** How a login is made, when its turn has come. */
export interface Way {
  /** Names the sshd that is met first: only so many at once are in there without being logged in. */
  readonly sshd: string
  /** @throws ConnectionError, DialError, EarlyDropError; the signal's reason when that aborts */
  login(signal: AbortSignal): Promise<Link>
  /** Whether something at the other end speaks SSH: what is not heard of within the limit for answers is dead. */
  answered(): boolean
  /** Where a login that takes too long has come to, for people, after a full sentence; empty: nobody knows. */
  stuck(): string
}

/** The host hung up before keys were exchanged: what sshd does with too many at once (MaxStartups). Safe to try again. */
export class EarlyDropError extends Error {
  override readonly name = 'EarlyDropError'
}
