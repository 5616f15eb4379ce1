import type { Sha256 } from '../cluster/cluster.js'
import { errorProblem, type Problem } from '../errors.js'
import type { Candidate, Choice } from './choose.js'

/** Another version than the one that belongs here was taken. @param failures why the ways before it did not lead there */
export function nearest(
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

/** A stand-in, or nothing, is in a part's place. */
export function leftOut({ name, part }: Choice, failures: readonly string[]): Problem {
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

export function unavailable({ name, part }: Choice, failures: readonly string[]): Problem {
  return errorProblem({
    code: 'source-unavailable',
    title: `${part.title} cannot be had`,
    cause: failures.length === 1 ? 'its source cannot be reached' : `none of ${failures.length} ways leads to it`,
    evidence: failures.join('\n'),
    remedy: `give it: --source ${name}=PATH (a folder or an archive)\nor go without: --source ${name}=none (${part.without})`,
  })
}

export function missing({ name, part }: Choice, path: string, { message }: Error): Problem {
  return errorProblem({
    code: 'source-missing',
    title: `${part.title} is not there`,
    cause: `${path} cannot be read`,
    evidence: message,
    remedy: `give a folder or an archive that is there: --source ${name}=PATH`,
  })
}

/** @param isLocked the sha256 that was expected is the lock file's, not the table's */
export function mismatch(
  { part }: Choice,
  source: string,
  { expected, found, isLocked }: { readonly expected: Sha256; readonly found: Sha256; readonly isLocked: boolean },
): Problem {
  const where = isLocked ? 'trueno-deploy.lock.json' : 'the table of trueno-deploy'
  return errorProblem({
    code: 'source-mismatch',
    title: `${part.title} is not what it was`,
    cause: `${source} has changed since its sha256 was recorded, or somebody has changed it on the way here`,
    evidence: `recorded ${expected} (${where})\nfetched  ${found}`,
    remedy:
      'find out which is right. Is it the new one, remove its line from trueno-deploy.lock.json, or give the file with --source; the one that was recorded is never replaced by itself',
  })
}
