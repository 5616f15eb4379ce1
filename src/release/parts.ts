import { type Artifact, binaries, type ComponentDirectory, launchers } from '../trueno/release.js'
import { isIdentity, neededBy } from './content.js'
import type { Entry } from './tree.js'

/** The files of one artifact. */
export interface Part {
  readonly name: string
  /** Where its tree is in the package. */
  readonly from: string
  /** Where it goes inside the release on a host. */
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
  const apart = [runtimeFolder, ...componentDirectories.map(folderOf)]
  const folders = platformFolders(entries)
  const parts: readonly Part[] = [
    {
      name: 'package',
      from: '',
      to: '',
      for: 'every',
      entries: entries.filter(({ path }) => !apart.some((to) => isIn(path, to))),
    },
    part(
      runtimeFolder,
      { from: runtimeFolder },
      'every',
      entries.filter(({ path }) => !folders.some((name) => isIn(path, `${runtimeFolder}/${name}`))),
    ),
    ...folders.map((name) =>
      part(`${runtimeFolder}-${name}`, { from: `${runtimeFolder}/${name}`, to: runtimeFolder }, 'every', entries),
    ),
    ...engines.map((engine) => part(engine, { from: folderOf(engine) }, neededBy[engine] ?? [], entries)),
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

/** Node and Java, for all hosts or, in folders named by platforms, for some. */
export const runtimeFolder = 'runtime'

/** Folders of single platforms below `runtime`, whether they are known or not. */
export function platformFolders(entries: readonly Entry[]): readonly string[] {
  return entries.flatMap(({ path, kind }) => {
    const [, name] = /^runtime\/(linux-[a-z0-9-]+)$/.exec(path) ?? []
    return kind === 'directory' && name !== undefined ? [name] : []
  })
}

function part(
  name: string,
  { from, to = from }: { readonly from: string; readonly to?: string },
  forWhom: Artifact['for'],
  entries: readonly Entry[],
): Part {
  return { name, from, to, for: forWhom, entries: entries.filter(({ path }) => path.startsWith(`${from}/`)) }
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}
