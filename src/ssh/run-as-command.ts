import type { RunAs } from '../cluster/cluster.js'
import { quoteAll } from './quote.js'

/** `silent`: whoever asks for a password is refused. `password`: sudo takes it from the first line of standard input. */
export type Asking = 'silent' | 'password'

/**
 * The command for a login shell that goes on as another user, in a shell that does what `runLine` says. It has no line
 * end, backslash, exclamation mark or quote within quotes, so that every login shell takes it for the same words; and no
 * secret: it stands in the list of processes.
 */
export function becomeCommand({ user, with: tool }: RunAs, asking: Asking, { inEnglish = false } = {}): string {
  return `exec sh -c ${quoteAll([inEnglish ? `${english};${become}` : become, 'sh', user, tool ?? '', asking, enter])}`
}

/**
 * What standard input goes on with: the command that the user runs. Lines before it are dropped: a password that was not
 * read, as when none is needed after all, is never taken for a command.
 */
export function runLine(command: string): string {
  return `${endOfPassword}\n${command}\n`
}

/** Line that says: the login has a shell that runs our commands. */
export const shellMarker = '@@trueno-deploy:shell@@\n'
/** Line that says: this is that user. What follows is the command's own. */
export const enteredMarker = '@@trueno-deploy:entered@@\n'
/** With this sudo asks for a password: the second time, the first one was wrong, whatever language it speaks. */
export const passwordPrompt = '@@trueno-deploy:password@@'
/** What is said where none of the tools is there. */
export const noTool = 'trueno-deploy: not found: '

const endOfPassword = '#trueno-deploy: end of password'
// Put together there: a login that merely sends back what it is sent must not be taken for a shell.
const marker = 'M=@@trueno-deploy:'

const english = 'LC_ALL=C;export LC_ALL;unset LANGUAGE'

// What sudo remembers of a password (-k: nothing) could be forgotten in the middle of a run.
/** $1 user, $2 tool or nothing, $3 asking, $4 what then runs. Root needs neither sudo nor doas where there is none. */
const become = [
  `${marker};echo "$M"shell@@`,
  'cd /',
  'test "$(id -un)" = "$1"&&exec /bin/sh -c "$4"',
  'C="sudo doas";test "$(id -u)" = 0&&C="$C su"',
  `for T in \${2:-$C};do command -v "$T" >/dev/null 2>&1&&break;T=;done`,
  'case "$3 $T" in "silent sudo") exec sudo -k -n -H -u "$1" -- /bin/sh -c "$4";;' +
    `"password sudo") exec sudo -S -k -p "${passwordPrompt}" -H -u "$1" -- /bin/sh -c "$4";;` +
    '*doas) exec doas -n -u "$1" -- /bin/sh -c "$4";;' +
    '*su) exec su -s /bin/sh -c "$4" "$1";;esac',
  `echo "${noTool}\${2:-$C}" >&2;exit 127`,
].join(';')

/** What tells of the login is no business of what runs, and its home need not be readable. */
const enter = [
  'unset SUDO_COMMAND SUDO_USER SUDO_UID SUDO_GID DOAS_USER',
  'cd 2>/dev/null',
  `${marker};echo "$M"entered@@`,
  `while IFS= read -r L;do test "$L" = "${endOfPassword}"&&break;done`,
  'IFS= read -r L&&eval "$L"',
].join(';')
