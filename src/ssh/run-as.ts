import { unlessAborted } from './abort.js'
import { withDeadline } from './deadline.js'
import type { Link, Printed, Session } from './link.js'
import { becomeCommand, runLine } from './run-as-command.js'
import { EntryRefusedError, type Refusal, startEntry } from './run-as-entry.js'
import {
  type Becoming,
  isWrongPassword,
  noPasswordError,
  refusedError,
  slowError,
  wantsPassword,
} from './run-as-failure.js'
import { NoPasswordError } from './run-as-passwords.js'
import type { LinkContext } from './way.js'

export interface RunAsOptions extends Becoming {
  readonly context: Pick<LinkContext, 'world' | 'asker' | 'runAsPasswords' | 'connectTimeoutMs'>
  readonly signal: AbortSignal | undefined
}

/**
 * The same link, on which every command runs as another user of the host. That it may is tried at once, first without a
 * password. What is forwarded stays the login's. @throws ConnectionError with what is missing
 */
export async function becomeOn(link: Link, options: RunAsOptions): Promise<Link> {
  const password = await findPassword(link, options)
  return {
    exec: (command, printed) => execAs(link, options, password, command, printed),
    forward: (address, port) => link.forward(address, port),
    isOpen: () => link.isOpen(),
    close: () => link.close(),
  }
}

/** Null: none is needed. */
async function findPassword(link: Link, options: RunAsOptions): Promise<string | null> {
  let refusal = await tryOnce(link, options, null)
  if (refusal === null) return null
  if (!wantsPassword(refusal)) throw refusedError(options, refusal)
  const accepts = async (password: string): Promise<boolean> => {
    const again = await tryOnce(link, options, password)
    if (again === null) return true
    if (!isWrongPassword(again)) throw refusedError(options, again)
    refusal = again
    return false
  }
  try {
    return await options.context.runAsPasswords({ user: options.login, host: options.host }, accepts)
  } catch (error) {
    throw error instanceof NoPasswordError ? noPasswordError(options, error, refusal) : error
  }
}

const silent: Printed = { output: () => {}, errors: () => {} }

/** Null: it may. What sudo reads beyond one password is the end of it: a wrong one counts once. */
async function tryOnce(link: Link, options: RunAsOptions, password: string | null): Promise<Refusal | null> {
  // In the language of the patterns; sessions that do something keep theirs.
  const command = becomeCommand(options.runAs, password === null ? 'silent' : 'password', { inEnglish: true })
  const { session, entered } = await startEntry(link, command, silent)
  session.input.end(password === null ? '' : `${password}\n`)
  try {
    await inTime(options, session, () => entered)
    return null
  } catch (error) {
    if (error instanceof EntryRefusedError) return error.refusal
    throw error
  }
}

async function execAs(
  link: Link,
  options: RunAsOptions,
  password: string | null,
  command: string,
  printed: Printed,
): Promise<Session> {
  const asking = password === null ? 'silent' : 'password'
  const { session, entered } = await startEntry(link, becomeCommand(options.runAs, asking), printed)
  const ended = session.ended.catch((error) => {
    throw explained(options, error)
  })
  ended.catch(() => {})
  if (password !== null) {
    session.input.write(`${password}\n`)
    // sudo would take what follows for more passwords if this one were no longer right.
    await inTime(options, session, () => entered).catch((error) => {
      session.close()
      throw explained(options, error)
    })
  }
  session.input.write(runLine(command))
  return { ...session, ended }
}

function explained(options: RunAsOptions, error: unknown): unknown {
  if (!(error instanceof EntryRefusedError)) return error
  const { refusal } = error
  if (isWrongPassword(refusal)) return noPasswordError(options, new NoPasswordError(options.host), refusal)
  return wantsPassword(refusal)
    ? noPasswordError(options, new NoPasswordError(null), refusal)
    : refusedError(options, refusal)
}

/** Who checks passwords may hang, as when a directory service does not answer. */
function inTime(options: RunAsOptions, session: Session, work: () => Promise<void>): Promise<void> {
  const { context, signal } = options
  const { world, asker, connectTimeoutMs: ms } = context
  const within = (until: AbortSignal): Promise<void> => unlessAborted(work(), until, () => session.close())
  return withDeadline(within, { world, asker, ms: () => ms, signal }, () => slowError(options, ms))
}
