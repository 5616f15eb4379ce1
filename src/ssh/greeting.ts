import type { Duplex } from 'node:stream'
import { firstLines, plainText } from './text.js'

/** What the other end says before it is known to speak SSH. */
export interface Greeting {
  /** To be called when the connection is there. */
  listen(stream: Duplex): void
  /** The words of something that is no SSH server; undefined: it is one, or it has said nothing, or sshd turns us away. */
  foreign(): string | undefined
  /** Whether it is an SSH server. */
  answered(): boolean
  /** How far it has come, to go on after "did not let us in"; empty: there is no connection yet. */
  stuck(): string
}

/** Most that is kept, in bytes. */
const longest = 4096

const speaksSsh = /(?:^|\n)SSH-\d/
/** What sshd says in place of its version when it does not want us now (MaxStartups, PerSourcePenalties). */
const turnsAway = /^(?:Exceeded MaxStartups|Not allowed at this time)/

export function createGreeting(): Greeting {
  let isThere = false
  let said = ''
  const foreign = (): string | undefined =>
    said === '' || speaksSsh.test(said) || turnsAway.test(said) ? undefined : firstLines(plainText(said).trim(), 3)
  return {
    listen: (stream) => {
      isThere = true
      const take = (chunk: Buffer): void => {
        said += chunk.toString('latin1', 0, longest - said.length)
        if (said.length >= longest || speaksSsh.test(said)) stream.off('data', take)
      }
      stream.on('data', take)
    },
    foreign,
    answered: () => speaksSsh.test(said),
    stuck: () => {
      if (!isThere) return ''
      if (said === '') return ': it takes the connection and says nothing. Is that an SSH server?'
      return foreign() === undefined
        ? ': it did not finish the login'
        : `: what answers is no SSH server (${foreign()})`
    },
  }
}
