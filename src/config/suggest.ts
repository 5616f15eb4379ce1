import { distance } from 'fastest-levenshtein'

/**
 * What was probably meant by a misspelt word: the nearest of the candidates, at most three, none when all are far away.
 * @param farthest how many letters may differ
 */
export function didYouMean(
  word: string,
  candidates: readonly string[],
  farthest: number = tolerance(word),
): readonly string[] {
  const ranked = candidates.map((candidate) => ({ candidate, far: far(word.toLowerCase(), candidate.toLowerCase()) }))
  const nearest = Math.min(...ranked.map(({ far }) => far))
  if (nearest > farthest) return []
  return ranked
    .filter(({ far }) => far === nearest)
    .map(({ candidate }) => candidate)
    .slice(0, 3)
}

/** `Did you mean "port"? `, or nothing. Ends with a space so that a sentence can follow. */
export function suggestion(word: string, candidates: readonly string[], farthest?: number): string {
  const meant = didYouMean(word, candidates, farthest).map((candidate) => `"${candidate}"`)
  return meant.length === 0 ? '' : `Did you mean ${listed(meant, 'or')}? `
}

/** `a, b and c` */
export function listed(items: readonly string[], conjunction: 'and' | 'or'): string {
  const last = items.at(-1) ?? ''
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} ${conjunction} ${last}`
}

/** Two letters changed places count two; a part of a word (`jump` of `proxyJump`) counts one. */
function far(word: string, candidate: string): number {
  const isPart = word.length > 2 && (candidate.includes(word) || word.includes(candidate))
  return isPart ? Math.min(1, distance(word, candidate)) : distance(word, candidate)
}

function tolerance(word: string): number {
  return word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3))
}
