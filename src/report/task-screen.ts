import { type ListrRenderer, ListrTaskState } from 'listr2'
import { busyMark, type Mark, marks } from './marks.js'
import type { Paint } from './paint.js'

/** What the screen of a task list is made of. */
export interface TaskScreenOptions {
  readonly paint: Paint
  readonly now: () => number
  /** Brings titles and outputs of the tasks up to date; gives the lines around them. */
  readonly refresh: () => { readonly head: readonly string[]; readonly foot: readonly string[] }
  readonly live: Live
}

/** A place where lines are drawn again and again. */
export interface Live {
  start(draw: () => readonly string[]): void
  /** Draws a last time, and leaves the lines there. */
  stop(): void
}

type Tasks = ConstructorParameters<typeof ListrRenderer>[0]

/**
 * Draws listr2's tasks: each that has a title, its output below it. listr2's own renderer measures the process's
 * terminal once, at the beginning, and counts lines wrongly after a resize.
 */
export class TaskScreen implements ListrRenderer {
  static readonly nonTTY = true
  static readonly rendererOptions: TaskScreenOptions
  static readonly rendererTaskOptions: Record<never, never>
  readonly render: () => void
  readonly end: () => void

  constructor(tasks: Tasks, options: TaskScreenOptions) {
    this.render = () => options.live.start(() => drawAll(tasks, options))
    this.end = () => options.live.stop()
  }
}

function drawAll(tasks: Tasks, options: TaskScreenOptions): readonly string[] {
  const { head, foot } = options.refresh()
  return [...head, ...drawTasks(tasks, options), ...foot]
}

function drawTasks(tasks: Tasks, options: TaskScreenOptions): readonly string[] {
  return tasks.flatMap((task) => {
    const own = task.title ? [` ${draw(markOf(task.state, options), options)} ${task.title}`] : []
    const output = own.length > 0 && task.output ? task.output.split('\n') : []
    return [...own, ...output, ...drawTasks(task.subtasks ?? [], options)]
  })
}

function draw(mark: Mark, { paint }: TaskScreenOptions): string {
  return paint[mark.paint](mark.text)
}

/** A state that is not in the table is one of work. */
function markOf(state: ListrTaskState, { now }: TaskScreenOptions): Mark {
  return marksOfStates[state] ?? busyMark(now())
}

const marksOfStates: Partial<Record<ListrTaskState, Mark>> = {
  [ListrTaskState.COMPLETED]: marks.done,
  [ListrTaskState.FAILED]: marks.failed,
  [ListrTaskState.SKIPPED]: marks.skipped,
}
