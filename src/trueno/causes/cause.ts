import type { ProblemCode } from '../../catalogue/catalogue.js'
import { nameOf, ownerOf, type Scene, type SceneLine } from '../scene.js'

/** One of the things that keep Trueno from coming up: how it is recognised, and how it is told. */
export interface Cause {
  readonly code: ProblemCode
  readonly title: Title
  /**
   * `failure`: with it the start cannot succeed. `heading`: the same, but told only where nothing more specific is known
   * of that log. `delay`: it tells what is waited for, and may pass.
   */
  readonly tells: 'failure' | 'heading' | 'delay'
  /** A line that tells it by itself, as it comes. Absent: it takes a look at the host. */
  readonly pattern?: RegExp
  readonly find: (scene: Scene) => readonly Clue[]
  readonly cause: Telling
  readonly remedy: Telling
  /** A line more of evidence: what differs from host to host. */
  readonly also?: (scene: Scene) => string
}

/** What gave a cause away. */
export interface Clue {
  /** As it is shown; may have two lines, the log and what it says. */
  readonly evidence: string
  /** What it is about: the beginning of a log's name. Empty: the host. */
  readonly owner: string
  /** What the pattern caught, from its first group on. */
  readonly words: readonly string[]
}

/** Some name what the log belongs to. */
type Title = string | ((owner: string) => string)

type Telling = (words: readonly string[], scene: Scene) => string

interface Texts {
  readonly title: Title
  readonly cause: Telling
  readonly remedy: Telling
  readonly also?: (scene: Scene) => string
}

interface WhereTold {
  readonly tells?: Cause['tells']
  /** Only in logs of these names. */
  readonly in?: RegExp
  /** A line anywhere that says that it is something else. */
  readonly unless?: RegExp
}

/** A cause that a log line tells. */
export function told(code: ProblemCode, pattern: RegExp, texts: Texts & WhereTold): Cause {
  const isIn = (line: SceneLine): boolean => texts.in === undefined || texts.in.test(nameOf(line.file))
  const isOtherwise = (lines: Scene['lines']): boolean => lines.some(({ text }) => texts.unless?.test(text) === true)
  const find = ({ lines }: Scene): readonly Clue[] =>
    isOtherwise(lines) ? [] : lines.filter(isIn).flatMap((line) => clueIn(line, pattern))
  return { code, tells: 'failure', ...texts, pattern, find }
}

/** A cause that is seen by looking at the whole. */
export function seen(
  code: ProblemCode,
  find: Cause['find'],
  texts: Texts & { readonly tells?: Cause['tells'] },
): Cause {
  return { code, tells: 'failure', ...texts, find }
}

function clueIn(line: SceneLine, pattern: RegExp): readonly Clue[] {
  const match = pattern.exec(line.text)
  if (match === null) return []
  const [, ...groups] = match
  const words = groups.filter((word) => word !== undefined && word !== '')
  return [{ evidence: `${line.file}\n${line.text}`, owner: ownerOf(line.file), words }]
}

/** A clue that stands in no log. */
export function clue(evidence: string, words: readonly string[] = [], owner = ''): Clue {
  return { evidence, words, owner }
}

/** A title by the log that tells the cause. */
export function didNotStart(owner: string): string {
  return `${engines[owner] ?? 'An engine'} did not start`
}

/** Both of Spark log under the same name. */
const engines: Readonly<Record<string, string>> = {
  gremlin_server: 'Gremlin Server',
  elasticsearch: 'Elasticsearch',
  spark: 'Spark',
  cerebro: 'Cerebro',
  trueno_elastic_bridge_server: 'The bridge of Elasticsearch',
}

export const again = 'then run `trueno-deploy up` again'

/** How much memory is left, where that was looked at. */
export function memoryLeft({ condition }: Scene): string {
  const memory = condition?.memory
  return memory ? `memory: ${mebibytes(memory.availableKiB)} of ${mebibytes(memory.totalKiB)} MiB are available` : ''
}

function mebibytes(kibibytes: number): number {
  return Math.round(kibibytes / 1024)
}
