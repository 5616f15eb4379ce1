/** What `remote/contents.sh` says of a host. */
export interface Contents {
  /** Against what came to the host; null: there is no release, or what came was not recorded. */
  readonly changes: { readonly count: number; readonly paths: readonly ChangedPath[] } | null
  /** What releases take beyond the artifacts that they are made of. */
  readonly releasesKiB: number
  readonly artifactsKiB: number
  readonly dataKiB: number
}

export interface ChangedPath {
  /** `x-bit`: it may be executed and could not, or the other way round. */
  readonly what: 'differs' | 'x-bit' | 'missing' | 'extra'
  /** Relative to the release. */
  readonly path: string
}

/** Null: this is not the whole output of that script. */
export function parseContents(text: string): Contents | null {
  const lines = text.trimEnd().split('\n')
  if (lines[0] !== 'contents\t1' || lines.at(-1) !== 'end') return null
  const told = lines.slice(1, -1).map((line) => line.split('\t'))
  const kib = (name: string): number => Number(told.find(([kind, of]) => kind === 'disk' && of === name)?.[2] ?? 0)
  const found = told.find(([kind]) => kind === 'found')
  return {
    changes: found === undefined ? null : { count: Number(found[1]), paths: told.flatMap(changedPath) },
    releasesKiB: kib('releases'),
    artifactsKiB: kib('artifacts'),
    dataKiB: kib('data'),
  }
}

const kinds = ['differs', 'x-bit', 'missing', 'extra'] as const

function changedPath([kind, path = '']: readonly string[]): readonly ChangedPath[] {
  const what = kinds.find((one) => one === kind)
  return what === undefined ? [] : [{ what, path }]
}
