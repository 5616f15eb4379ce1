import type { SshQuestion } from './askpass-relay.js'
import { passphraseTries } from './passphrases.js'
import type { Target } from './target.js'
import { plainText, shorten } from './text.js'
import type { Login } from './way.js'

/**
 * What the ssh of one login is answered: passphrases and passwords as ssh2 has them, asked for once for all hosts; what
 * else a host wants to know is asked of the user. Rejects where there is no answer.
 */
export function openSshAnswers(login: Login): (question: SshQuestion) => Promise<string> {
  const counts = new Map<string, number>()
  return async ({ text, kind }) => {
    const question = plainText(text).trim()
    const count = (counts.get(question) ?? 0) + 1
    counts.set(question, count)
    return kind === 'touch' ? touch(question, login) : answerTo(question, count, login)
  }
}

async function answerTo(question: string, count: number, { target, context }: Login): Promise<string> {
  // A host key is never taken on a yes: `trust` shows all of them together.
  if (/continue connecting|\(yes\/no/i.test(question)) throw new Error('host keys are not asked about')
  const [, file] = /^Enter passphrase for (?:key )?'?(.+?)'?:$/.exec(question) ?? []
  if (file !== undefined && count <= passphraseTries) return context.passphrases(file, count)
  if (/password/i.test(question)) return context.passwords.get(askedBy(question, target), count)
  if (context.asker.ask === null) throw new Error('there is nobody to ask')
  return context.asker.ask(`${shorten(question, 200)} `, { secret: true })
}

/** `user@host's password:`, `(user@host) Password:`: the target, or one of the jump hosts on the way to it. */
function askedBy(question: string, target: Target): Target {
  const names = ({ user, hostname, name }: Target): boolean =>
    [hostname, name].some((host) => question.includes(`${user}@${host}`))
  return [target, ...target.jumps].find(names) ?? target
}

/** Ends when ssh does not need it any more: it ends the program that asks. */
function touch(question: string, { host, context }: Login): Promise<never> {
  context.tell(host, question)
  return new Promise(() => {})
}
