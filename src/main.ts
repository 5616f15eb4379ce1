import { homedir, hostname, userInfo } from 'node:os'
import { Printed, parseCommandLine } from './cli/parse.js'
import type { Typed } from './cli/typed.js'
import type { Io } from './commands/io.js'
import { packageVersion } from './commands/package-root.js'
import { type ExitCode, ProblemError } from './errors.js'

/**
 * The command line: reads it, runs the verb, resolves with the exit code.
 * @param argv what was typed after the program's name
 */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<ExitCode> {
  const typed = await read(argv, io)
  if (typeof typed === 'number') return typed
  const loopback = { ...io, env: { ...io.env, TRUENO_DEPLOY_ONLY: '127.0.0.0/8,::1' } }
  // Loaded when there is a verb to run: `--help` and `--version` need none of it.
  const { run } = await import('./commands/run.js')
  return run(typed, io, (again) => main(again, loopback))
}

async function read(argv: readonly string[], io: Io): Promise<Typed | ExitCode> {
  try {
    const out = (text: string): unknown => io.stdout.write(text)
    const err = (text: string): unknown => io.stderr.write(text)
    return parseCommandLine(argv, { version: packageVersion(), out, err })
  } catch (error) {
    if (error instanceof Printed) return error.exitCode
    if (!(error instanceof ProblemError)) throw error
    const { renderProblems } = await import('./report/failure.js')
    io.stderr.write(
      `${renderProblems(error.problems, { colour: false, columns: io.stderr.columns || 100, heading: [] })}\n`,
    )
    return error.exitCode
  }
}

/** A task list that is cut off has hidden it. */
const showCursor = '\u001b[?25h'

function processIo(): Io {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    workingDirectory: process.cwd(),
    homeDirectory: process.env.HOME || homedir(),
    who: `${userInfo().username}@${hostname()}`,
    onInterrupt: (listener) => {
      process.on('SIGINT', listener)
      process.on('SIGTERM', listener)
      return () => {
        process.off('SIGINT', listener)
        process.off('SIGTERM', listener)
      }
    },
    exit: (code) => {
      if (process.stdout.isTTY) process.stdout.write(showCursor)
      return process.exit(code)
    },
  }
}
