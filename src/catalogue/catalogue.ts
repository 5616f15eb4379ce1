import { bundle } from './bundle.js'
import { checks } from './checks.js'
import { connection } from './connection.js'
import type { Entry, Section } from './entry.js'
import { files } from './files.js'
import { health } from './health.js'
import { release } from './release.js'
import { start } from './start.js'
import { surroundings } from './surroundings.js'
import { usage } from './usage.js'
import { work } from './work.js'

/** All that the tool can find, in the order of the page. A code that is not in here does not compile. */
export const sections = [usage, files, bundle, release, connection, checks, surroundings, work, start, health] as const

type CodesOf<S> = S extends { readonly entries: infer Entries } ? Extract<keyof Entries, string> : never

/** Code of a finding; stable, since scripts depend on it. */
export type ProblemCode = CodesOf<(typeof sections)[number]>

/** What is known of a code. */
export interface Known extends Entry {
  readonly code: string
  /** Title of the section it stands in. */
  readonly section: string
}

/** Every code, as the page has them. */
export const catalogue: readonly Known[] = (sections as readonly Section[]).flatMap(({ title, entries }) =>
  Object.entries(entries).map(([code, entry]) => ({ code, section: title, ...entry })),
)

export function entryOf(code: string): Known | undefined {
  return catalogue.find((known) => known.code === code)
}
