import type { Typed } from '../cli/typed.js'
import type { Emit, Event } from '../engine/events.js'
import type { ExitCode } from '../errors.js'
import type { Ask } from '../ssh/asking.js'
import type { Io } from './io.js'
import type { Suggest } from './suggest.js'

/** What a verb is run with. */
export interface VerbRun {
  readonly typed: Typed
  readonly io: Io
  readonly emit: Emit
  /** All that was told so far. */
  readonly events: readonly Event[]
  /** Aborted with an `InterruptedError` at the first Ctrl-C. */
  readonly signal: AbortSignal
  /** Asks a person while the task list is away; null where there is none. */
  readonly ask: Ask | null
  /** Who answers for logins: that person, or the program of SSH_ASKPASS; null: nobody. */
  readonly loginAsk: Ask | null
  /** Prints what a verb tells: a document with --json, else text; after the task list is done. */
  readonly print: (text: string) => void
  /** The run's heading stands above what is printed: a task list, or lines, have told it. */
  readonly headed: boolean
  readonly colour: boolean
  readonly columns: number
  readonly suggest: Suggest
  /** Runs another command line, as if it had been typed; confined to this machine's loopback. */
  readonly again: (argv: readonly string[]) => Promise<ExitCode>
}
