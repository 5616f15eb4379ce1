import { describe, expect, test } from 'vitest'
import { passwordPrompt, shellMarker } from '../../src/ssh/run-as-command.js'
import type { Refusal } from '../../src/ssh/run-as-entry.js'
import { isWrongPassword, refusedError, wantsPassword } from '../../src/ssh/run-as-failure.js'

const becoming = { host: 'h', login: 'deploy', runAs: { user: 'elastic' } }

function refusalOf(errors: string, output = shellMarker): Refusal {
  return { code: 1, hasShell: output.includes(shellMarker), output: Buffer.from(output), errors: Buffer.from(errors) }
}

/** What the tools say, of several versions and makers, and what it means. */
const sayings: Readonly<Record<string, readonly string[]>> = {
  'wants a password': [
    'sudo: a password is required\n',
    'sudo: unable to resolve host vm: Name or service not known\nsudo: a password is required\n',
    'sudo: interactive authentication is required\n',
  ],
  'wrong password': [
    `${passwordPrompt}Sorry, try again.\n${passwordPrompt}\nsudo: no password was provided\nsudo: 1 incorrect password attempt\n`,
    `${passwordPrompt}Das hat nicht funktioniert, bitte nochmal probieren.\n${passwordPrompt}\n`,
    'sudo: 3 incorrect password attempts\n',
    'sudo: maximum 3 incorrect authentication attempts\n',
  ],
  'run-as-refused': [
    `${passwordPrompt}deploy is not in the sudoers file.\n`,
    "Sorry, user deploy is not allowed to execute '/bin/sh -c id' as elastic on vm.\n",
    'Sorry, user deploy may not run sudo on vm.\n',
    "sudo: I'm sorry deploy. I'm afraid I can't do that\n",
    'doas: Operation not permitted\n',
    'doas: doas is not enabled, /etc/doas.conf: No such file or directory\n',
  ],
  'run-as-no-user': [
    'sudo: unknown user elastic\nsudo: error initializing audit plugin sudoers_audit\n',
    'sudo: unknown user: elastic\n',
    "sudo: user 'elastic' not found\n",
    'doas: unknown user\n',
    'su: user elastic does not exist or the user entry does not contain all the required fields\n',
    'su: unknown user elastic\n',
  ],
  'run-as-terminal': [
    'sudo: sorry, you must have a tty to run sudo\n',
    'sudo: a terminal is required to read the password; either use the -S option to read from standard input\n',
    'doas: Authentication required\n',
    'doas: Authorization required\n',
  ],
  'run-as-no-tool': ['trueno-deploy: not found: sudo doas\n'],
  'run-as-failed': ['sudo: /etc/sudoers is world writable\n', ''],
}

describe.each(Object.entries(sayings))('%s', (meaning, texts) => {
  test.each(texts)('%j', (text) => {
    const refusal = refusalOf(text)
    const told = wantsPassword(refusal)
      ? 'wants a password'
      : isWrongPassword(refusal)
        ? 'wrong password'
        : refusedError(becoming, refusal).problem.code
    expect(told).toBe(meaning)
  })
})

test('a problem names who may not become whom, what was said, and the rule that is missing', () => {
  const { problem } = refusedError(becoming, refusalOf('deploy is not in the sudoers file.\n\u001b[31m'))
  expect(problem).toMatchObject({
    code: 'run-as-refused',
    host: 'h',
    cause: 'deploy may not run commands as elastic',
    evidence: 'deploy is not in the sudoers file.',
    remedy: 'Allow it: deploy ALL=(elastic) NOPASSWD: /bin/sh (in a file of /etc/sudoers.d, by visudo)',
  })
})

test('a login that is no shell is told as that', () => {
  const refusal = refusalOf('', 'This account is currently not available.\n')
  expect(refusedError(becoming, refusal).problem).toMatchObject({
    code: 'no-shell',
    evidence: 'This account is currently not available.',
  })
})
