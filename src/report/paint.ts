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
  const chalk = new Chalk({ level: colour ? 1 : 0 })
  return {
    good: chalk.green,
    bad: chalk.red,
    warn: chalk.yellow,
    busy: chalk.cyan,
    faint: chalk.dim,
    strong: chalk.bold,
  }
}
