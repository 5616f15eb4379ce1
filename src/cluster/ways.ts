import type { HostKey } from './cluster.js'

/** A TCP connection that one host makes to another. */
export interface Way {
  readonly from: HostKey
  readonly to: HostKey
  readonly port: number
}

export const wayOutcomes = ['open', 'refused', 'silent', 'no-route', 'name-unknown', 'untried'] as const

/** `refused`: nobody listens there yet. `silent`: no answer came. `untried`: nothing is known of it. */
export type WayOutcome = (typeof wayOutcomes)[number]

/** A way, and what came of trying it. */
export interface TriedWay extends Way {
  readonly outcome: WayOutcome
  /** What the connection took, milliseconds; null where that is not known. */
  readonly ms: number | null
  /** What the system said of a failure, or why it was not tried. */
  readonly said: string
}

/** What `remote/reach.sh` says of the ways that it was given. What it does not tell of is untried. */
export function parseReach(ways: readonly Way[], text: string): readonly TriedWay[] {
  const lines = text.trimEnd().split('\n')
  const told = lines.map((line) => line.split('\t'))
  const blind = told.find(([kind]) => kind === 'blind')?.[1]
  const known = new Map(told.flatMap(answerOf))
  const isWhole = lines[0] === 'reach\t1' && lines.at(-1) === 'end'
  const why = isWhole ? (blind ?? 'the host said nothing of it') : 'what the host printed is cut off'
  return ways.map((way) => ({ ...way, ...(known.get(nameOf(way)) ?? untried(why)) }))
}

/** What is told of a way that could not be tried. */
export function untried(said: string): Answer {
  return { outcome: 'untried', ms: null, said }
}

type Answer = Omit<TriedWay, keyof Way>

function answerOf([kind, to = '', port, word, ms = '', said = '']: readonly string[]): readonly [string, Answer][] {
  const outcome = wayOutcomes.find((one) => one === word)
  if (kind !== 'way' || outcome === undefined) return []
  return [[nameOf({ to, port }), { outcome, ms: /^\d+$/.test(ms) ? Number(ms) : null, said }]]
}

function nameOf({ to, port }: { readonly to: string; readonly port: number | string | undefined }): string {
  return `${to} ${port}`
}
