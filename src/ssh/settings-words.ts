/** The first value of a keyword (lower case); undefined: not configured, and no default known. */
export type One = (keyword: string) => string | undefined

/** A switch that is on. `ssh -G` prints some of them as true and false. */
export function isYes(text: string | undefined): boolean {
  return text === 'yes' || text === 'true'
}

export function isNo(text: string | undefined): boolean {
  return text === 'no' || text === 'false'
}
