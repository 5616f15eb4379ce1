import type { ListrTask } from 'listr2'
import type { PhaseLines } from './screen.js'
import type { Outcome } from './state.js'

/** The phases of a run as tasks of listr2. They do no work: each waits until it is told that its phase is over. */
export interface PhaseTasks {
  /** The whole list. */
  readonly task: ListrTask
  /** One more phase has begun. */
  begin(): void
  /** The phase with this place in the order of beginning is over. */
  end(index: number, outcome: Outcome): void
  /** No more phases come; those that are not over are left as they are. */
  close(): void
  /** Puts the lines of each phase into its task. */
  show(phases: readonly PhaseLines[]): void
}

/** Phases are not known before they begin: beside each task waits one that brings the next. */
export function createPhaseTasks(): PhaseTasks {
  const begun = new Promises<boolean>()
  const over = new Promises<Outcome>()
  const shown: Shown[] = []
  let next = 0
  const following = (index: number): ListrTask => ({
    task: async (_, task) => {
      const another = await begun.at(index).promise
      return another ? task.newListr([phase(index), following(index + 1)], { concurrent: true }) : undefined
    },
  })
  const phase = (index: number): ListrTask => ({
    task: async (_, task) => {
      shown[index] = task
      await endings[await over.at(index).promise](task)
    },
  })
  return {
    task: following(0),
    begin: () => begun.at(next++).resolve(true),
    end: (index, outcome) => over.at(index).resolve(outcome),
    close: () => {
      for (let index = 0; index < next; index += 1) over.at(index).resolve('skipped')
      begun.at(next).resolve(false)
    },
    show: (phases) =>
      phases.forEach(({ title, rows }, index) => {
        const task = shown[index]
        if (task !== undefined) Object.assign(task, { title, output: rows.join('\n') })
      }),
  }
}

/** What is drawn through listr2's handle of a task. */
interface Shown {
  title: string
  output: string
  skip(): void
}

const endings = {
  done: () => undefined,
  skipped: (task) => task.skip(),
  failed: () => {
    throw new PhaseFailed()
  },
} satisfies Record<Outcome, (task: Shown) => void>

/** How listr2 is told that a task failed; what failed is told by the report. */
class PhaseFailed extends Error {
  override readonly name = 'PhaseFailed'
}

/** Promises made by whoever comes first: listr2 that waits, or the event that settles. */
class Promises<T> {
  readonly #all: { readonly promise: Promise<T>; readonly resolve: (value: T) => void }[] = []

  at(index: number): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
    const known = this.#all[index]
    if (known !== undefined) return known
    let resolve: (value: T) => void = () => undefined
    const promise = new Promise<T>((settle) => {
      resolve = settle
    })
    this.#all[index] = { promise, resolve }
    return { promise, resolve }
  }
}
