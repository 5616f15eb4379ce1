import { Listr } from 'listr2'
import type { Event } from '../engine/events.js'
import { endingOf, writeEnding } from './ending.js'
import { createLiveTerminal } from './live.js'
import { createPaint } from './paint.js'
import { createPhaseTasks } from './phase-tasks.js'
import { commandLine, reachLine } from './plain-lines.js'
import type { Reporter, ReporterOptions } from './reporter.js'
import { layout } from './screen.js'
import { emptyState, type ReportState, reduce } from './state.js'
import { TaskScreen } from './task-screen.js'

/** A task list on a terminal: events are folded into a state, and ten times a second the state is drawn. */
export function createTasksReporter(options: ReporterOptions): Reporter {
  const { colour, columns, rows, verbose, now = Date.now } = options
  const paint = createPaint(colour)
  const live = createLiveTerminal(options)
  const phases = createPhaseTasks()
  let state = emptyState
  let running: Promise<unknown> | null = null
  const refresh = (): ReturnType<typeof layout> => {
    const screen = layout(state, now(), { columns: columns(), rows: rows() }, paint)
    phases.show(screen.phases)
    return screen
  }
  const list = new Listr([phases.task], {
    concurrent: true,
    exitOnError: false,
    registerSignalListeners: false,
    renderer: TaskScreen,
    rendererOptions: { paint, now, refresh, live },
  })
  return {
    emit: (event) => {
      running ??= list.run()
      const before = state
      state = reduce(state, event)
      follow(event, before, phases)
      if (event.kind === 'command' && verbose) live.print(` ${commandLine(event, paint)}`)
      if (event.kind === 'reaching' && verbose) live.print(` ${reachLine(event, paint)}`)
    },
    aside: (work) => live.aside(work),
    finish: async () => {
      phases.close()
      await running
      await writeEnding(endingOf(state, { ...options, columns: columns(), notes: true }), options)
    },
  }
}

/** Lets the tasks of listr2 begin and end with the phases. */
function follow(event: Event, before: ReportState, phases: ReturnType<typeof createPhaseTasks>): void {
  if (event.kind === 'phaseStarted') phases.begin()
  if (event.kind !== 'phaseFinished') return
  const index = before.phases.findLastIndex(({ id }) => id === event.phase)
  if (index >= 0) phases.end(index, event.outcome)
}
