import { basename } from 'node:path'
import { errorProblem, type Problem, ProblemError } from '../errors.js'
import { ArchiveError } from '../release/safe-tree.js'
import type { Choice } from './choose.js'
import { runtimeProblems } from './inspect.js'
import type { From, Obtained } from './obtain.js'
import { layOpen } from './open-archive.js'
import { rootOf } from './root.js'

/** A part whose files lie open. */
export interface Opened {
  readonly choice: Choice
  /** Where it begins: the folder that has its launcher. */
  readonly root: string
}

/** Unpacks or copies a part into a new folder and finds where it begins. @throws ProblemError */
export async function openPart({ choice, from }: Obtained, folder: string, signal: AbortSignal): Promise<Opened> {
  const { part } = choice
  await layOpen(pathOf(from), folder, signal).catch((error: unknown) => {
    throw error instanceof ArchiveError ? new ProblemError([unusable(choice, from, error)]) : error
  })
  const root = await rootOf(folder, part.launcher)
  if (root === null) throw new ProblemError([noLauncher(choice, from)])
  const problems = await runtimeProblems(root, choice)
  if (problems.length > 0) throw new ProblemError(problems)
  return { choice, root }
}

function pathOf(from: From): string {
  if (from.kind === 'path') return from.path
  if (from.kind === 'stored') return from.file.path
  throw new Error('nothing to open')
}

function unusable({ name, part }: Choice, from: From, { message }: ArchiveError): Problem {
  return errorProblem({
    code: 'source-archive',
    title: `${part.title} cannot be unpacked`,
    cause: `${sourceOf(from)} is not usable: ${message}`,
    evidence: from.kind === 'stored' ? `${from.file.bytes} bytes, sha256 ${from.file.sha256}` : '',
    remedy: `give a whole .zip, .tgz or .tar.gz, or the folder: --source ${name}=PATH; nothing of this one was used`,
  })
}

function noLauncher({ name, part }: Choice, from: From): Problem {
  return errorProblem({
    code: 'source-launcher',
    title: `This is not ${part.title}`,
    cause: `there is no ${part.launcher} in it, however deep: ${part.title} cannot be started without it`,
    evidence: sourceOf(from),
    remedy: `give an archive or a folder of ${part.title}: --source ${name}=PATH`,
  })
}

function sourceOf(from: From): string {
  return from.kind === 'stored' ? from.source : basename(pathOf(from))
}
