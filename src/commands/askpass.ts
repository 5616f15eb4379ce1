import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Ask } from '../ssh/asking.js'
import type { Io } from './io.js'

/** Longest answer that is taken, in characters. */
const longest = 4096

/**
 * Who answers for logins: a person at the terminal, or the program of SSH_ASKPASS where there is no terminal, and where
 * SSH_ASKPASS_REQUIRE wants it instead (`force`; `prefer` with a display). `never` keeps it out. Null: nobody.
 */
export function loginAsk({ env }: Pick<Io, 'env'>, atTerminal: Ask | null, signal: AbortSignal): Ask | null {
  const program = env.SSH_ASKPASS
  const wish = env.SSH_ASKPASS_REQUIRE?.toLowerCase()
  if (!program || wish === 'never') return atTerminal
  const hasDisplay = Boolean(env.DISPLAY || env.WAYLAND_DISPLAY)
  const comesFirst = wish === 'force' || (wish === 'prefer' && hasDisplay)
  return atTerminal === null || comesFirst ? askProgram(program, env, signal) : atTerminal
}

/** As ssh has it: the question is the argument, the answer is the first line that is printed. Rejects when there is none. */
function askProgram(program: string, env: Io['env'], signal: AbortSignal): Ask {
  return async (question) => {
    const child = spawn(program, [question], { env, stdio: ['ignore', 'pipe', 'inherit'], signal })
    let printed = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(0, longest)
    })
    const [code] = await once(child, 'close')
    if (code !== 0) throw new Error(`${program} (SSH_ASKPASS) gave no answer: it ended with ${code ?? 'a signal'}`)
    return printed.split(/\r?\n/, 1)[0] ?? ''
  }
}
