import { plainText } from './text.js'

/** What the ssh of a connection says on its standard error, taken apart. */
export interface SshWords {
  take(chunk: string): void
  /** What it said last of the connection itself, without control codes. */
  said(): string
  /** Why the host refused the first of the channels whose refusal nobody has asked about; undefined: ssh did not say. */
  nextRefusal(): string | undefined
}

/** Value of LogVerbose that makes ssh say why a channel is refused, whatever its LogLevel. */
export const tellingRefusals = '*:channel_input_open_failure():*'

const aboutRefusals = /channel_input_open_failure\(\):/
const refusal = /: channel \d+: open failed: (.*)$/

const longestSaid = 8192

export function createSshWords(): SshWords {
  const refusals: string[] = []
  let said = ''
  let rest = ''
  const takeLine = (line: string): void => {
    const [, reason] = refusal.exec(line) ?? []
    if (reason !== undefined) refusals.push(reason)
    else if (!aboutRefusals.test(line)) said = `${said}${line}\n`.slice(-longestSaid)
  }
  return {
    take: (chunk) => {
      const lines = plainText(rest + chunk).split('\n')
      rest = (lines.pop() ?? '').slice(-longestSaid)
      lines.forEach(takeLine)
    },
    said: () => `${said}${rest}`.trim(),
    nextRefusal: () => refusals.shift(),
  }
}
