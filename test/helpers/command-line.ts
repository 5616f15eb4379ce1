import { join } from 'node:path'
import { Writable } from 'node:stream'
import type { Io } from '../../src/commands/io.js'
import type { Event } from '../../src/engine/events.js'
import type { ExitCode, Problem } from '../../src/errors.js'
import { main } from '../../src/main.js'
import { createReporter } from '../../src/report/reporter.js'

/** How a command line ended. */
export interface Ran {
  readonly code: ExitCode
  readonly stdout: string
  readonly stderr: string
}

/** A command line while it runs. */
export interface Running {
  readonly done: Promise<Ran>
  /** Ctrl-C. */
  interrupt(): void
  /** Resolves when what was printed so far matches. */
  printed(pattern: RegExp): Promise<void>
  /** Resolves when a step of this phase has begun, of a run with `--json`. */
  reached(phase: string): Promise<void>
}

/** What a run with `--json` told. */
export interface Told {
  readonly code: ExitCode
  readonly events: readonly Event[]
  /** What it ended with, or warned of. */
  readonly problems: readonly Problem[]
  /** The same run as plain lines would have told it. */
  readonly screen: string
}

/** Runs the tool in this process, as if typed in `directory`; it can reach nothing but this machine's loopback. */
export function commandLine(directory: string, argv: readonly string[], more: Partial<Io> = {}): Running {
  const stdout = new Captured()
  const stderr = new Captured()
  let interrupt: () => void = () => undefined
  const io: Io = {
    stdin: { isTTY: false } as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
    env: { TRUENO_DEPLOY_ONLY: '127.0.0.0/8', PATH: process.env.PATH, XDG_CACHE_HOME: join(directory, 'cache') },
    workingDirectory: directory,
    homeDirectory: directory,
    who: 'tester@lab',
    onInterrupt: (listener) => {
      interrupt = listener
      return () => undefined
    },
    exit: (code) => {
      throw new Error(`exit ${code}`)
    },
    ...more,
  }
  const done = main(argv, io).then((code) => ({ code, stdout: stdout.text, stderr: stderr.text }))
  const printed = (pattern: RegExp): Promise<void> => Promise.race([stdout.until(pattern), ended(done, pattern)])
  return {
    done,
    interrupt: () => interrupt(),
    printed,
    reached: (phase) => printed(new RegExp(`"kind":"stepStarted","phase":"${phase}"`)),
  }
}

async function ended(done: Promise<Ran>, pattern: RegExp): Promise<never> {
  const { stdout, stderr } = await done
  throw new Error(`it ended without printing ${pattern}:\n${stdout}\n${stderr}`)
}

/** A stream that is no terminal, and keeps what is written. */
class Captured extends Writable {
  text = ''
  #waiting: (() => void)[] = []

  override _write(chunk: Buffer | string, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    for (const look of this.#waiting) look()
    done()
  }

  until(pattern: RegExp): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (pattern.test(this.text)) resolve()
      }
      this.#waiting.push(look)
      look()
    })
  }
}

/** The events that `--json` printed. */
export function eventsOf({ stdout }: Ran): readonly Event[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

/** Reads what a run with `--json` printed, and draws it as people see it. */
export async function toldBy(ran: Ran): Promise<Told> {
  const events = eventsOf(ran)
  const problems = events.flatMap((event) => (event.kind === 'problem' ? [event.problem] : []))
  return { code: ran.code, events, problems, screen: await screenOf(events) }
}

async function screenOf(events: readonly Event[]): Promise<string> {
  const screen = new Captured()
  const columns = (): number => 1000
  const reporter = await createReporter({
    kind: 'plain',
    stdout: screen,
    stderr: screen,
    colour: false,
    verbose: false,
    columns,
    rows: () => 24,
  })
  for (const event of events) reporter.emit(event)
  await reporter.finish()
  return screen.text
}

/** The hosts on which a step began, in order. */
export function begun({ events }: Told, step: string): readonly string[] {
  return events.flatMap((event) => (event.kind === 'stepStarted' && event.step === step ? [event.host] : []))
}
