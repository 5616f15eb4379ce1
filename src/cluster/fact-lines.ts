import { errorProblem, ProblemError } from '../errors.js'
import type { HostKey, Sha256 } from './cluster.js'

/** What a host said are no facts: not our script's output, or not all of it. */
export class FactsError extends ProblemError {
  override readonly name = 'FactsError'
  constructor(host: HostKey, cause: string, line = '') {
    const remedy = 'run the same command again; if it fails again, see what the login prints: `ssh HOST true`'
    super([
      errorProblem({ code: 'not-facts', title: 'The host did not say its facts', cause, evidence: line, remedy, host }),
    ])
  }
}

/** How many fields the line of each fact has, and how often it may come. */
export type FactFormats<Name extends string> = Readonly<
  Record<Name, readonly [fields: number, times: 'once' | 'at most once' | 'often']>
>

/** One fact. The readers of its fields throw `FactsError` when a field is not what they promise. */
export interface FactLine {
  readonly name: string
  text(field: number): string
  /** Null when the field is empty. */
  textOrNull(field: number): string | null
  count(field: number): number
  countOrNull(field: number): number | null
  sha256(field: number): Sha256
  oneOf<Word extends string>(field: number, words: readonly Word[]): Word
}

/** The facts by their names. */
export interface FactLines<Name extends string> {
  /** A fact that is told once. */
  one(name: Name): FactLine
  maybe(name: Name): FactLine | undefined
  all(name: Name): readonly FactLine[]
  /** The first field of a fact; null when it is empty or there is no such fact. */
  text(name: Name): string | null
}

/** Splits what a host said, and makes sure that it is all there and nothing else. @throws FactsError */
export function readFactLines<Name extends string>(
  host: HostKey,
  text: string,
  formats: FactFormats<Name>,
): FactLines<Name> {
  const byName = new Map<string, FactLine[]>()
  for (const line of between(host, text)) {
    const fact = factLine(host, line, formats)
    const same = byName.get(fact.name)
    if (same === undefined) byName.set(fact.name, [fact])
    else same.push(fact)
  }
  const all = (name: Name): readonly FactLine[] => byName.get(name) ?? []
  for (const name of Object.keys(formats) as Name[]) checkTimes(host, name, all(name).length, formats)
  const maybe = (name: Name): FactLine | undefined => all(name)[0]
  return { all, maybe, one: (name) => maybe(name) as FactLine, text: (name) => maybe(name)?.textOrNull(0) ?? null }
}

/** The lines between the first and the last, which say that this is ours and complete. */
function between(host: HostKey, text: string): readonly string[] {
  const lines = text.replace(/\n$/, '').split('\n')
  if (lines[0] !== 'facts\t1') throw new FactsError(host, 'what it printed are no facts', lines[0])
  if (lines.at(-1) !== 'end') throw new FactsError(host, 'what it printed is cut off', lines.at(-1))
  return lines.slice(1, -1)
}

function checkTimes<Name extends string>(host: HostKey, name: Name, count: number, formats: FactFormats<Name>): void {
  const [, times] = formats[name]
  if (times === 'once' && count === 0) throw new FactsError(host, `it did not say its ${name}`)
  if (times !== 'often' && count > 1) throw new FactsError(host, `it said its ${name} ${count} times`)
}

function factLine<Name extends string>(host: HostKey, line: string, formats: FactFormats<Name>): FactLine {
  const [name = '', ...fields] = line.split('\t')
  if (!Object.hasOwn(formats, name)) throw new FactsError(host, 'a line is no fact', line)
  if (formats[name as Name][0] !== fields.length)
    throw new FactsError(host, `its ${name} has ${fields.length} fields`, line)
  const text = (field: number): string => fields[field] ?? ''
  const checked = <T>(value: T, good: boolean): T => {
    if (!good) throw new FactsError(host, `its ${name} is not what it should be`, line)
    return value
  }
  const count = (field: number): number => {
    const value = Number(text(field))
    return checked(value, /^\d+$/.test(text(field)) && Number.isSafeInteger(value))
  }
  return {
    name,
    text,
    textOrNull: (field) => text(field) || null,
    count,
    countOrNull: (field) => (text(field) === '' ? null : count(field)),
    sha256: (field) => checked(text(field), /^[0-9a-f]{64}$/.test(text(field))),
    oneOf: <Word extends string>(field: number, words: readonly Word[]) =>
      checked(
        text(field) as Word,
        words.some((word) => word === text(field)),
      ),
  }
}
