import type { HostKey, RunAs } from '../cluster/cluster.js'
import type { ConnectionFault } from './connection.js'
import { ConnectionError } from './errors.js'
import { noTool, passwordPrompt } from './run-as-command.js'
import { isAskedAgain, type Refusal } from './run-as-entry.js'
import type { NoPasswordError } from './run-as-passwords.js'
import { noShell } from './run-script.js'
import { plainText, shorten } from './text.js'

/** Who is to become whom, and where. */
export interface Becoming {
  readonly host: HostKey
  /** The login. */
  readonly login: string
  readonly runAs: RunAs
}

/** sudo wants a password, and was not given one. */
export function wantsPassword(refusal: Refusal): boolean {
  return /^sudo: .*(?:a password is required|authentication is required)/m.test(said(refusal))
}

/** sudo was given a password, and it is not the right one. */
export function isWrongPassword(refusal: Refusal): boolean {
  const text = said(refusal)
  return isAskedAgain(refusal.errors) || /incorrect (?:password|authentication) attempt/i.test(text)
}

/** What a refusal means to whoever runs the tool. */
export function refusedError(becoming: Becoming, refusal: Refusal): ConnectionError {
  const { host } = becoming
  if (!refusal.hasShell) return noShell(host, refusal.code, refusal.output, refusal.errors)
  const text = said(refusal)
  const meaning = meanings.find(({ pattern }) => pattern.test(text)) ?? unknown
  return new ConnectionError(meaning.fault, host, { ...meaning.told(becoming), evidence: shorten(text, 2000) })
}

export function noPasswordError(becoming: Becoming, { refusedBy }: NoPasswordError, refusal: Refusal): ConnectionError {
  const { host, login, runAs } = becoming
  const evidence = shorten(said(refusal), 2000)
  if (refusedBy === null)
    return new ConnectionError('run-as-password', host, {
      cause: `sudo asks ${login} for a password before it runs anything as ${runAs.user}, and nobody typed one`,
      evidence,
      remedy: `Run it at a terminal, give it with --password-fd, or let sudo ask for none: ${rule(becoming)}`,
    })
  const cause =
    refusedBy === host
      ? `sudo does not take the password that was given for ${login}`
      : `sudo on ${refusedBy} did not take the password that was given for ${login}; it was not tried here`
  return new ConnectionError('run-as-wrong-password', host, { cause, evidence })
}

export function slowError({ host, runAs }: Becoming, ms: number): ConnectionError {
  return new ConnectionError('run-as-failed', host, {
    cause: `the host did not let us run anything as ${runAs.user} within ${ms / 1000} s`,
  })
}

interface Meaning {
  readonly pattern: RegExp
  readonly fault: ConnectionFault
  readonly told: (becoming: Becoming) => { readonly cause: string; readonly remedy?: string }
}

/** What the tools say in English, in the order in which to look for it. They have no codes for these. */
const meanings: readonly Meaning[] = [
  {
    pattern: new RegExp(`^${noTool}`, 'm'),
    fault: 'run-as-no-tool',
    told: ({ login, runAs }) => ({
      cause: `${login} is to run everything as ${runAs.user}, and the host has no ${runAs.with ?? 'sudo or doas'} on its PATH`,
      remedy: `Install ${runAs.with ?? 'sudo'} there, or log in as ${runAs.user} itself (\`user:\` in the inventory).`,
    }),
  },
  {
    pattern:
      /^(?:sudo: unknown user|sudo: .*user .*not found|doas: unknown user|su: user \S+ does not exist|su: .*unknown user)/im,
    fault: 'run-as-no-user',
    told: ({ runAs }) => ({
      cause: `the host has no user ${runAs.user}`,
      remedy: `Make that user there (sudo useradd --create-home ${runAs.user}), or name another with \`runAs\` in the inventory.`,
    }),
  },
  {
    pattern: /must have a tty|a terminal is required/i,
    fault: 'run-as-terminal',
    told: (becoming) => ({
      cause: 'sudo insists on a terminal (requiretty), and scripts have none',
      remedy: `Let it run without one, in a file of /etc/sudoers.d: Defaults:${becoming.login} !requiretty`,
    }),
  },
  {
    pattern: /^doas: Auth(?:entication|orization) (?:required|failed)/m,
    fault: 'run-as-terminal',
    told: (becoming) => ({
      cause: `doas asks ${becoming.login} for a password, and takes it from a terminal only`,
      remedy: `Let it ask for none (persist does not help without a terminal): ${rule(becoming)}. Or use sudo (\`runAsWith: sudo\`).`,
    }),
  },
  {
    pattern:
      /not in the sudoers file|not allowed to|may not run|I'm afraid I can't do that|^doas: (?:Operation not permitted|.*not enabled)/m,
    fault: 'run-as-refused',
    told: (becoming) => ({
      cause: `${becoming.login} may not run commands as ${becoming.runAs.user}`,
      remedy: `Allow it: ${rule(becoming)}`,
    }),
  },
]

const unknown: Meaning = {
  pattern: /^/,
  fault: 'run-as-failed',
  told: ({ login, runAs }) => ({ cause: `${login} cannot run commands as ${runAs.user}` }),
}

/** What makes it possible without a password. */
function rule({ login, runAs }: Becoming): string {
  return runAs.with === 'doas'
    ? `permit nopass ${login} as ${runAs.user} cmd /bin/sh (in /etc/doas.conf)`
    : `${login} ALL=(${runAs.user}) NOPASSWD: /bin/sh (in a file of /etc/sudoers.d, by visudo)`
}

function said({ output, errors }: Refusal): string {
  return plainText(`${errors.toString('utf8')}\n${output.toString('utf8')}`)
    .replaceAll(passwordPrompt, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('@@trueno-deploy:'))
    .join('\n')
}
