import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loginAsk } from '../../src/commands/askpass.js'
import type { Ask } from '../../src/ssh/asking.js'

const directory = mkdtempSync(join(tmpdir(), 'askpass-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function program(name: string, text: string): string {
  const file = join(directory, name)
  writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  return file
}

const echo = program('echo', 'printf "%s, %s\\nmore\\n" "$1" "$ANSWER"')
const terminal: Ask = async () => 'from the terminal'

/** Who answers: the terminal, the program, or nobody. */
async function answer(env: Record<string, string>, atTerminal: Ask | null) {
  const ask = loginAsk({ env: { ANSWER: 'sesame', ...env } }, atTerminal, new AbortController().signal)
  return ask === null ? null : ask('Who?', { secret: true })
}

describe('SSH_ASKPASS', () => {
  const byProgram = 'Who?, sesame'
  const byTerminal = 'from the terminal'
  test.each([
    ['no terminal', {}, null, byProgram],
    ['a terminal', {}, terminal, byTerminal],
    ['force', { SSH_ASKPASS_REQUIRE: 'force' }, terminal, byProgram],
    ['prefer, with a display', { SSH_ASKPASS_REQUIRE: 'prefer', DISPLAY: ':0' }, terminal, byProgram],
    ['prefer, without one', { SSH_ASKPASS_REQUIRE: 'prefer' }, terminal, byTerminal],
    ['never', { SSH_ASKPASS_REQUIRE: 'never' }, null, null],
  ])('%s', async (_, env, atTerminal, expected) => {
    expect(await answer({ SSH_ASKPASS: echo, ...env }, atTerminal)).toBe(expected)
  })

  test('that is not set', async () => {
    expect(await answer({}, null)).toBeNull()
    expect(await answer({ SSH_ASKPASS_REQUIRE: 'force' }, terminal)).toBe(byTerminal)
  })

  test('a program that fails, or is not there, is no answer', async () => {
    const fails = answer({ SSH_ASKPASS: program('fails', 'echo nothing; exit 3') }, null)
    await expect(fails).rejects.toThrow(/gave no answer: it ended with 3/)
    await expect(answer({ SSH_ASKPASS: '/nowhere/askpass' }, null)).rejects.toThrow('ENOENT')
  })

  test('a program that still waits when the run is stopped is ended', async () => {
    const stop = new AbortController()
    const ask = loginAsk({ env: { SSH_ASKPASS: program('waits', 'exec sleep 1000') } }, null, stop.signal)
    const asking = ask?.('Who?', { secret: true })
    stop.abort()
    await expect(asking).rejects.toThrow('aborted')
  })
})
