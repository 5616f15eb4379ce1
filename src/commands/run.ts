import type { Typed, Verb } from '../cli/typed.js'
import { verbs as verbForms } from '../cli/verbs.js'
import type { Emit, Event, EventBody } from '../engine/events.js'
import { type ExitCode, exitCodes, InterruptedError, type Problem, ProblemError } from '../errors.js'
import { chooseReporter, createReporter, type Reporter, type ReporterKind } from '../report/reporter.js'
import type { Ask } from '../ssh/asking.js'
import { systemWorld } from '../system-world.js'
import { loginAsk } from './askpass.js'
import type { Outcome } from './context.js'
import { FailedRun } from './failed-run.js'
import { InterruptedRun } from './interrupted.js'
import { type Io, terminalAsk } from './io.js'
import { type Suggest, suggestFor } from './suggest.js'
import type { VerbRun } from './verb-run.js'
import { verbs } from './verbs.js'

/** Verbs that tell something print one document and nothing else with --json. */
const telling: ReadonlySet<Verb> = new Set(['plan', 'status', 'check', 'trust', 'explain'])

function tells({ verb, words = [], options }: Typed): boolean {
  return (
    telling.has(verb) || (verb === 'bundle' && ((words.length > 0 && words[0] !== 'push') || options.check === true))
  )
}

/** Runs one verb from its first event to its exit code; what goes wrong becomes problems, never a stack trace. */
export async function run(typed: Typed, io: Io, again: VerbRun['again']): Promise<ExitCode> {
  const begun = systemWorld.now()
  const kind = reporterKind(typed, io)
  const suggest = suggestOf(typed, io)
  const reporter = await reporterOf(kind, typed, { io, suggest })
  const texts: string[] = []
  const events: Event[] = []
  const emit = (body: EventBody): void => {
    const event = { time: systemWorld.now(), ...body }
    record(events, event)
    reporter.emit(event)
  }
  const interrupt = interruption(io, emit)
  const ask = askAside(terminalAsk(io), reporter, interrupt.abort)
  const verbRun: VerbRun = {
    typed,
    io,
    emit,
    events,
    signal: interrupt.signal,
    print: (text) => texts.push(text),
    headed: kind === 'tasks' || kind === 'plain',
    colour: hasColour(typed, io),
    columns: io.stdout.columns || 100,
    suggest,
    ask,
    loginAsk: loginAsk(io, ask, interrupt.signal),
    again,
  }
  const end = await ended(verbRun)
  interrupt.stop()
  for (const problem of end.problems) emit({ kind: 'problem', problem })
  const { exitCode, closing } = end
  // What a verb tells is its last word.
  if (texts.length === 0 || end.problems.length > 0)
    emit({ kind: 'runFinished', ok: exitCode === exitCodes.done, exitCode, ms: systemWorld.now() - begun, closing })
  await reporter.finish()
  if (!isMute(typed)) for (const text of texts) io.stdout.write(text)
  if (typed.options.json && tells(typed) && texts.length === 0 && exitCode !== exitCodes.done)
    io.stdout.write(`${JSON.stringify({ version: 1, ok: false, exitCode, problems: end.problems })}\n`)
  return exitCode
}

/** Asked by a script only how things are: the exit code says it. */
function isMute({ verb, options }: Typed): boolean {
  return options.quiet === true && options.json !== true && verb !== 'trust' && verb !== 'explain'
}

/** Of long runs the beginning and the end. */
const mostEvents = 20_000

/** Of bytes on their way only the last that was told of a step is worth keeping. */
function record(events: Event[], event: Event): void {
  const last = events.at(-1)
  const isMore =
    event.kind === 'stepProgress' &&
    event.bytes !== undefined &&
    last?.kind === 'stepProgress' &&
    last.host === event.host
  if (isMore) events.pop()
  if (events.length >= mostEvents) events.splice(mostEvents / 2, 1)
  events.push(event)
}

/** Who leaves a question unanswered stops the run: nobody is asked for the next host then. */
function askAside(ask: Ask | null, reporter: Reporter, interrupt: (reason: InterruptedError) => void): Ask | null {
  if (ask === null) return null
  return async (question, options) => {
    try {
      return await reporter.aside(() => ask(question, options))
    } catch (error) {
      if (error instanceof InterruptedError) interrupt(error)
      throw error
    }
  }
}

interface End extends Outcome {
  readonly problems: readonly Problem[]
}

async function ended(verbRun: VerbRun): Promise<End> {
  try {
    return { ...(await verbs[verbRun.typed.verb](verbRun)), problems: [] }
  } catch (error) {
    return endOf(error, verbRun)
  }
}

function endOf(error: unknown, { signal, typed }: VerbRun): End {
  if (error instanceof InterruptedRun) return { exitCode: exitCodes.interrupted, closing: error.closing, problems: [] }
  if (error instanceof InterruptedError || (signal.aborted && error === signal.reason))
    return { exitCode: exitCodes.interrupted, closing: [], problems: [] }
  if (error instanceof FailedRun) return { exitCode: error.exitCode, closing: error.closing, problems: error.problems }
  if (error instanceof ProblemError) return { exitCode: error.exitCode, closing: [], problems: error.problems }
  return { exitCode: exitCodes.failed, closing: [], problems: [defect(error, typed)] }
}

/** Something that should not happen: a mistake of ours, told as such. */
function defect(error: unknown, { options }: Typed): Problem {
  const known = error instanceof Error ? error : new Error(String(error))
  return {
    code: 'internal',
    severity: 'error',
    title: 'trueno-deploy itself failed',
    cause: known.message,
    evidence: options.verbose ? (known.stack ?? '') : '',
    remedy: 'this is a mistake in trueno-deploy: please report it, with the output of the same command and --verbose',
  }
}

function reporterKind(typed: Typed, { stdout, env }: Io): ReporterKind {
  const { json = false, plain = false, quiet = false } = typed.options
  return chooseReporter({
    json: json && !tells(typed),
    plain: plain || typed.verb === 'status',
    quiet: quiet || isSilent(typed, stdout.isTTY === true),
    isTTY: stdout.isTTY === true,
    ci: Boolean(env.CI),
  })
}

/** Commands of other verbs are about no cluster, or about that of the plan. */
function suggestOf({ verb, file, options }: Typed, { workingDirectory }: Io): Suggest {
  const clusterFile = verbForms[verb].file === 'cluster.json' ? file : 'cluster.json'
  return suggestFor({ clusterFile, inventory: options.inventory, workingDirectory })
}

function reporterOf(
  kind: ReporterKind,
  typed: Typed,
  { io, suggest }: { readonly io: Io; readonly suggest: Suggest },
): Promise<Reporter> {
  const { stdout, stderr } = io
  return createReporter({
    kind,
    stdout,
    stderr,
    colour: hasColour(typed, io),
    suggest,
    verbose: typed.options.verbose === true,
    columns: () => stdout.columns || 100,
    rows: () => stdout.rows || 24,
  })
}

/** Where nothing may stand beside what is told, or all is told by the verbs that are run inside. */
function isSilent(typed: Typed, isTTY: boolean): boolean {
  const {
    verb,
    options: { json, verbose, watch },
  } = typed
  if (verb === 'rehearse' || watch === true) return true
  if (!tells(typed)) return false
  return json === true || (verbose !== true && (verb === 'status' || !isTTY))
}

function hasColour({ options }: Typed, { stdout, stderr, env }: Io): boolean {
  return stdout.isTTY === true && stderr.isTTY === true && options.color && !env.NO_COLOR && env.TERM !== 'dumb'
}

/** The first Ctrl-C ends our work in order, the second now. */
function interruption(
  io: Io,
  emit: Emit,
): { signal: AbortSignal; abort: (reason: InterruptedError) => void; stop: () => void } {
  const controller = new AbortController()
  const stop = io.onInterrupt(() => {
    if (controller.signal.aborted) io.exit(exitCodes.interrupted)
    emit({ kind: 'note', message: 'Stopping our own work in order; the cluster goes on. Ctrl-C again: stop now.' })
    controller.abort(new InterruptedError('interrupted'))
  })
  return { signal: controller.signal, abort: (reason) => controller.abort(reason), stop }
}
