/** What a line of Trueno's log says, without the dress: colours, `[time] - `, `info: `, emoji (contract, 6.2). */
export function bareLine(line: string): string {
  return line.replace(colours, '').replace(timestamp, '').replace(level, '').replace(emoji, '').trim()
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with ESC
const colours = /\u001b\[[0-9;]*m/g
const timestamp = /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [ap]m\] - /
const level = /^(?:info|error|debug|warn): /
const emoji = /^(?:\p{Extended_Pictographic}\uFE0F?\s*)+/u

/** The name in a line that pm2 writes when a process ended; `loadbalancer` in that of the balancer's keeper (contract, 9). */
export function exitedProcess(line: string): string | undefined {
  if (/^Forever detected script exited/.test(line)) return 'loadbalancer'
  return /App \[(?<name>[^\]]+)\] with id \[\d+\] and pid \[\d+\], exited/.exec(line)?.groups?.name
}

/** How a process of pm2 ended. `signal` is `SIGINT` where it ended by itself: so pm2 writes it. */
export interface ProcessExit {
  readonly process: string
  readonly code: number
  readonly signal: string
}

export function exitOf(line: string): ProcessExit | undefined {
  const match =
    /App \[([^\]]+)\] with id \[\d+\] and pid \[\d+\], exited with code \[(\d*)\] via signal \[(\w+)\]/.exec(line)
  return match === null ? undefined : { process: match[1] ?? '', code: Number(match[2]), signal: match[3] ?? '' }
}

/** pm2's name and number of a process that it has just started: they are in the names of its logs. */
export function startedProcess(line: string): { readonly process: string; readonly id: number } | undefined {
  const match = /App name:(.+) id:(\d+) online$/.exec(line)
  return match === null ? undefined : { process: match[1] ?? '', id: Number(match[2]) }
}

/** The title in core's line that a component is ready. */
export function readyComponent(line: string): string | undefined {
  return /^(.+) successfully started!$/.exec(line)?.[1]
}

/** `CLUSTER(2/3): Host 'x' ready signal received.` */
export interface ReadySignal {
  readonly count: number
  readonly of: number
  readonly host: string
}

export function readySignal(line: string): ReadySignal | undefined {
  const match = />> CLUSTER\((\d+)\/(\d+)\): Host '([^']*)' ready signal received\./.exec(line)
  return match === null ? undefined : { count: Number(match[1]), of: Number(match[2]), host: match[3] ?? '' }
}
