import { Chalk } from 'chalk'

/** Colours by what they mean. Without colour every one of them leaves the text as it is. */
export interface Paint {
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly warn: (text: string) => string
  /** What goes on now. */
  readonly busy: (text: string) => string
  readonly faint: (text: string) => string
  readonly strong: (text: string) => string
}

export function createPaint(colour: boolean): Paint {
  // chalk joins all it is given: as a callback of `map` it would print the index too.
  const chalk = new Chalk({ level: colour ? 1 : 0 })
  return {
    good: (text) => chalk.green(text),
    bad: (text) => chalk.red(text),
    warn: (text) => chalk.yellow(text),
    busy: (text) => chalk.cyan(text),
    faint: (text) => chalk.dim(text),
    strong: (text) => chalk.bold(text),
  }
}
