import { type Artifact, binaries, type ComponentDirectory, launchers } from '../trueno/release.js'
import { isIdentity, neededBy } from './content.js'
import type { Entry } from './tree.js'

/** The files of one artifact. */
export interface Part {
  readonly name: string
  /** Where its tree goes inside the release, and where it is in the package. */
  readonly to: string
  readonly for: Artifact['for']
  /** Sorted by path; paths are those of the package. */
  readonly entries: readonly Entry[]
}

/** What there is of a component: all of it, nothing but a placeholder launcher, or files without the launcher. */
export type ComponentState = 'contained' | 'absent' | 'broken'

/** Splits a package: what every host needs, the Node runtime, and each component that is really in it. */
export function partsOf(entries: readonly Entry[]): readonly Part[] {
  const engines = componentDirectories.filter((directory) => stateOf(directory, entries) === 'contained')
  const apart = ['runtime', ...componentDirectories.map(folderOf)]
  const parts: readonly Part[] = [
    {
      name: 'package',
      to: '',
      for: 'every',
      entries: entries.filter(({ path }) => !apart.some((to) => isIn(path, to))),
    },
    part('runtime', 'runtime', 'every', entries),
    ...engines.map((engine) => part(engine, folderOf(engine), neededBy[engine] ?? [], entries)),
  ]
  return parts.filter((found) => found.entries.length > 0)
}

/** Whether a component is really in the package. */
export function stateOf(directory: ComponentDirectory, entries: readonly Entry[]): ComponentState {
  const files = entries.filter(({ path, kind }) => kind !== 'directory' && isIn(path, folderOf(directory)))
  const launcher = files.find(({ path }) => path === `${folderOf(directory)}/${launchers[directory]}`)
  if (launcher !== undefined) return launcher.kind === 'file' && launcher.size === 0 ? 'absent' : 'contained'
  return files.some(({ path }) => isIdentity(path)) ? 'broken' : 'absent'
}

export const componentDirectories = (Object.keys(launchers) as ComponentDirectory[]).sort()

/** The folder of a component in the package. */
export function folderOf(directory: ComponentDirectory): string {
  return `${binaries}/${directory}`
}

function part(name: string, to: string, forWhom: Artifact['for'], entries: readonly Entry[]): Part {
  return { name, to, for: forWhom, entries: entries.filter(({ path }) => path.startsWith(`${to}/`)) }
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}
