import { stat } from 'node:fs/promises'
import type { Sha256 } from '../cluster/cluster.js'
import { type Problem, ProblemError } from '../errors.js'
import { inScratch } from '../release/cache.js'
import { headOf } from '../release/unpack.js'
import type { Candidate, Choice } from './choose.js'
import { FetchError } from './clients.js'
import { type FetchContext, fetchSource } from './fetchers.js'
import { archiveKind } from './open-archive.js'
import { leftOut, mismatch, missing, nearest, unavailable } from './source-problems.js'
import { isRemote, type Remote, specText } from './spec.js'
import { find, keep, type Stored } from './store.js'

/** A part that is at hand, or that is known to be left out. */
export interface Obtained {
  readonly choice: Choice
  readonly from: From
  /** Known only for what the table names. */
  readonly version: string
  /** What is to be told of it: another version, a stand-in. */
  readonly warnings: readonly Problem[]
}

export type From =
  | { readonly kind: 'none' }
  | { readonly kind: 'standin' }
  | { readonly kind: 'path'; readonly path: string }
  | {
      readonly kind: 'stored'
      readonly file: Stored
      /** As the lock names it. */
      readonly source: string
      /** Fetched now, or found in the cache. */
      readonly isNew: boolean
      /** It had no sha256 to be checked against: this one is to be recorded. */
      readonly isFirst: boolean
    }

export interface ObtainContext extends FetchContext {
  /** sha256 of what was fetched earlier, by source. */
  readonly locked: Readonly<Record<string, Sha256>>
}

/** Finds a part by the first of its ways that leads there. @throws ProblemError: none does, or it is not what it was */
export async function obtain(choice: Choice, context: ObtainContext): Promise<Obtained> {
  const failures: string[] = []
  for (const candidate of lockedFirst(choice, context)) {
    context.signal.throwIfAborted()
    try {
      const from = await follow(candidate, choice, context)
      return { choice, from, version: candidate.version, warnings: nearest(candidate, choice, failures) }
    } catch (error) {
      if (!(error instanceof FetchError)) throw error
      failures.push(`${specText(candidate.spec)}: ${error.message}`)
    }
  }
  return without(choice, failures)
}

/** The way that was taken last time is taken again, so that the bundle is the same. */
function lockedFirst({ candidates }: Choice, { locked }: ObtainContext): readonly Candidate[] {
  const isLocked = ({ spec }: Candidate): boolean => Object.hasOwn(locked, specText(spec))
  return [...candidates.filter(isLocked), ...candidates.filter((candidate) => !isLocked(candidate))]
}

async function follow({ spec, sha256 }: Candidate, choice: Choice, context: ObtainContext): Promise<From> {
  if (spec.kind === 'none' || spec.kind === 'standin') return { kind: spec.kind }
  if (isRemote(spec)) return remote(spec, sha256, choice, context)
  await stat(spec.path).catch((error: Error) => Promise.reject(new ProblemError([missing(choice, spec.path, error)])))
  return spec
}

async function remote(
  spec: Remote,
  published: Sha256 | undefined,
  choice: Choice,
  context: ObtainContext,
): Promise<From> {
  const source = specText(spec)
  const expected = context.locked[source] ?? published
  const known = expected === undefined ? null : await find(context.store, expected)
  if (known !== null) return { kind: 'stored', file: known, source, isNew: false, isFirst: false }
  const file = await inScratch(context.store.directory, async (folder) => {
    const fetched = await fetchSource(spec, folder, context)
    // A page in the place of the file must not be recorded as what this source is.
    const kind = archiveKind(await headOf(fetched))
    if (expected === undefined && kind.packed === null) throw new FetchError(`it is ${kind.what}`)
    return keep(context.store, fetched)
  })
  if (expected !== undefined && file.sha256 !== expected)
    throw new ProblemError([
      mismatch(choice, source, { expected, found: file.sha256, isLocked: context.locked[source] !== undefined }),
    ])
  return { kind: 'stored', file, source, isNew: true, isFirst: expected === undefined }
}

/** A stand-in where there is one, nothing where nothing was ever offered; else it is a failure. */
function without(choice: Choice, failures: readonly string[]): Obtained {
  const { part, candidates } = choice
  const isFree = part.standin === undefined && part.without === ''
  const warnings = isFree ? [] : [leftOut(choice, failures)]
  if (part.standin !== undefined && !choice.isGiven) return { choice, from: { kind: 'standin' }, version: '', warnings }
  if (candidates.length === 0) return { choice, from: { kind: 'none' }, version: '', warnings }
  throw new ProblemError([unavailable(choice, failures)])
}
