/** What is told of one code, wherever it comes up. */
export interface Entry {
  /** What happened, in a few words. */
  readonly title: string
  /** `either`: an error where it stops the work, a warning where it does not. */
  readonly severity: 'error' | 'warning' | 'either'
  /** What it means for the cluster or for the run. */
  readonly means: string
  /** What it mostly comes from. */
  readonly usually: string
  /** The way out. */
  readonly remedy: string
}

/** A part of the catalogue, with what its codes have in common. */
export interface Section {
  readonly title: string
  readonly about: string
  readonly entries: Readonly<Record<string, Entry>>
}

/** Most findings stop the work. */
export function stops(title: string, means: string, usually: string, remedy: string): Entry {
  return { title, severity: 'error', means, usually, remedy }
}

export function warns(title: string, means: string, usually: string, remedy: string): Entry {
  return { title, severity: 'warning', means, usually, remedy }
}

export function either(title: string, means: string, usually: string, remedy: string): Entry {
  return { title, severity: 'either', means, usually, remedy }
}
