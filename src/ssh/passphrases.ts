import type { Ask } from './asking.js'
import { keyed } from './slots.js'

/**
 * The passphrase of a key's file. All that need the same one, for whatever host, share one answer; where that was wrong,
 * they share the next attempt's. Rejects when there is nobody to ask, or no answer.
 */
export type Passphrases = (file: string, attempt: number) => Promise<string>

/** How often the passphrase of one key is asked for. */
export const passphraseTries = 3

export function createPassphrases(ask: Ask | null): Passphrases {
  const answers = keyed((question) => answer(ask, question))
  return (file, attempt) => {
    const again = attempt === 1 ? '' : attempt === 2 ? ' (that was not it)' : ' (that was not it either)'
    return answers(`Passphrase for ${file}${again}: `)
  }
}

async function answer(ask: Ask | null, question: string): Promise<string> {
  const passphrase = await ask?.(question, { secret: true })
  if (!passphrase) throw new Error('no passphrase was given')
  return passphrase
}
