import { stat } from 'node:fs/promises'
import type { Sha256 } from '../cluster/cluster.js'
import { errorProblem, type Problem, ProblemError } from '../errors.js'
import { inScratch } from '../release/cache.js'
import { headOf } from '../release/unpack.js'
import type { Candidate, Choice } from './choose.js'
import { FetchError } from './clients.js'
import { type FetchContext, fetchSource } from './fetchers.js'
import { archiveKind } from './open-archive.js'
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
    throw new ProblemError([mismatch(choice, source, expected, file.sha256, context)])
  return { kind: 'stored', file, source, isNew: true, isFirst: expected === undefined }
}

function nearest(
  { version, known }: Candidate,
  { name, part }: Choice,
  failures: readonly string[],
): readonly Problem[] {
  if (version === part.version || version === '') return []
  return [
    {
      code: 'source-nearest',
      severity: 'warning',
      title: `${part.title} ${version} is taken in the place of ${part.version}`,
      cause: known ?? 'what belongs to this Trueno cannot be had here',
      evidence: failures.join('\n'),
      remedy: `if you have ${part.title} ${part.version}: --source ${name}=PATH`,
    },
  ]
}

/** A stand-in where there is one, nothing where nothing was ever offered; else it is a failure. */
function without(choice: Choice, failures: readonly string[]): Obtained {
  const { part, candidates } = choice
  const isFree = part.standin === undefined && part.without === ''
  const warnings = isFree ? [] : [leftOut(choice, failures)]
  if (part.standin !== undefined && !choice.isGiven)
    return { choice, from: { kind: 'standin' }, version: part.version, warnings }
  if (candidates.length === 0) return { choice, from: { kind: 'none' }, version: '', warnings }
  throw new ProblemError([unavailable(choice, failures)])
}

function leftOut({ name, part }: Choice, failures: readonly string[]): Problem {
  const isFilled = part.standin !== undefined
  return {
    code: isFilled ? 'source-standin' : 'source-left-out',
    severity: 'warning',
    title: isFilled ? `${part.title} is a stand-in` : `${part.title} is left out`,
    cause: part.standin ?? part.without,
    evidence: failures.join('\n'),
    remedy: `if you have it: --source ${name}=PATH`,
  }
}

function unavailable({ name, part }: Choice, failures: readonly string[]): Problem {
  return errorProblem({
    code: 'source-unavailable',
    title: `${part.title} cannot be had`,
    cause: failures.length === 1 ? 'its source cannot be reached' : `none of ${failures.length} ways leads to it`,
    evidence: failures.join('\n'),
    remedy: `give it: --source ${name}=PATH (a folder or an archive)\nor go without: --source ${name}=none (${part.without})`,
  })
}

function missing({ name, part }: Choice, path: string, { message }: Error): Problem {
  return errorProblem({
    code: 'source-missing',
    title: `${part.title} is not there`,
    cause: `${path} cannot be read`,
    evidence: message,
    remedy: `give a folder or an archive that is there: --source ${name}=PATH`,
  })
}

function mismatch(
  { part }: Choice,
  source: string,
  expected: Sha256,
  found: Sha256,
  { locked }: ObtainContext,
): Problem {
  const where = locked[source] === undefined ? 'the table of trueno-deploy' : 'trueno-deploy.lock.json'
  return errorProblem({
    code: 'source-mismatch',
    title: `${part.title} is not what it was`,
    cause: `${source} has changed since its sha256 was recorded, or somebody has changed it on the way here`,
    evidence: `recorded ${expected} (${where})\nfetched  ${found}`,
    remedy:
      'find out which is right. Is it the new one, remove its line from trueno-deploy.lock.json, or give the file with --source; the one that was recorded is never replaced by itself',
  })
}
