import type { Event } from '../engine/events.js'

/** Tells what happens, as it happens. Every kind is a reader of the same events. */
export interface Reporter {
  /** Never throws for what an event says. */
  emit(event: Event): void
  /** Runs work that talks to the user itself (a question, a passphrase): the task list goes away meanwhile. */
  aside<T>(work: () => Promise<T>): Promise<T>
  /** To be called once, after the last event: writes what comes at the end, and resolves when it is out. */
  finish(): Promise<void>
}

/** `tasks`: a task list on a terminal; `plain`: a line per event; `json`: the events; `quiet`: only what failed. */
export type ReporterKind = 'tasks' | 'plain' | 'json' | 'quiet'

export interface ReporterOptions {
  readonly stdout: OutputStream
  readonly stderr: OutputStream
  readonly colour: boolean
  /** As in `TextOptions`. */
  readonly suggest?: (verb: string) => string
  /** Also each command sent to a host. */
  readonly verbose: boolean
  /** Of the terminal; asked again and again, since it can be resized. */
  readonly columns: () => number
  readonly rows: () => number
  /** Epoch milliseconds, for clocks that run between events. Default: the system's. */
  readonly now?: () => number
}

export type OutputStream = Pick<NodeJS.WritableStream, 'write'>

type Create = (options: ReporterOptions) => Reporter

export async function createReporter({
  kind,
  ...options
}: ReporterOptions & { readonly kind: ReporterKind }): Promise<Reporter> {
  const create: Create = await reporters[kind]()
  return create(options)
}

/** Only the one that is used is loaded. */
const reporters = {
  tasks: async () => (await import('./tasks.js')).createTasksReporter,
  plain: async () => (await import('./plain.js')).createPlainReporter,
  json: async () => (await import('./json.js')).createJsonReporter,
  quiet: async () => (await import('./quiet.js')).createQuietReporter,
} satisfies Record<ReporterKind, () => Promise<Create>>

/** What was asked for, and where the output goes. */
export interface ReporterChoice {
  readonly json: boolean
  readonly plain: boolean
  readonly quiet: boolean
  /** Standard output is a terminal that can move its cursor. */
  readonly isTTY: boolean
  /** The variable `CI` is set. */
  readonly ci: boolean
}

/** `json` is told to machines and wins; a task list is only for a terminal that nobody asked to be plain. */
export function chooseReporter({ json, plain, quiet, isTTY, ci }: ReporterChoice): ReporterKind {
  if (json) return 'json'
  if (quiet) return 'quiet'
  return plain || ci || !isTTY ? 'plain' : 'tasks'
}
