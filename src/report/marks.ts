import type { Paint } from './paint.js'

/** How something stands, drawn as one character. */
export type MarkName = 'done' | 'failed' | 'skipped' | 'waiting' | 'warning'

export interface Mark {
  readonly text: string
  readonly paint: keyof Paint
}

export const marks = {
  done: { text: '✔', paint: 'good' },
  failed: { text: '✖', paint: 'bad' },
  skipped: { text: '■', paint: 'warn' },
  waiting: { text: '·', paint: 'faint' },
  warning: { text: '⚠', paint: 'warn' },
} as const satisfies Record<MarkName, Mark>

/** Text behind its mark. */
export function marked(name: MarkName, text: string, paint: Paint): string {
  const mark = marks[name]
  return `${paint[mark.paint](mark.text)} ${text}`
}

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const

/** The mark of something at work: turns every tenth of a second. */
export function busyMark(now: number): Mark {
  return { text: spinner[Math.floor(now / 100) % spinner.length] ?? spinner[0], paint: 'busy' }
}
