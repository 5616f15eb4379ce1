import { join } from 'node:path'
import type { MakeOptions, MakeTools } from './job.js'
import { layOut, layOutPlaceholder, layOutStandin, setUp } from './lay-out.js'
import type { Obtained } from './obtain.js'
import type { Opened } from './open-part.js'
import { inPhase } from './progress.js'
import { truenoPart } from './table.js'

/** Puts every part into the release, or what takes its place, and sets them up for Trueno. */
export function layOutParts(
  opened: readonly Opened[],
  obtained: readonly Obtained[],
  release: string,
  { packageRoot }: MakeOptions,
  { emit }: MakeTools,
): Promise<void> {
  return inPhase(emit, { id: 'lay-out', title: 'Lay out' }, async () => {
    const components = opened.filter(({ choice }) => choice.name !== truenoPart)
    for (const { root, choice } of components) await layOut(root, choice.part, release)
    for (const { choice, from } of obtained) {
      const { part } = choice
      if (from.kind === 'standin') await layOutStandin(part, join(packageRoot, 'remote', 'standin'), release)
      if (from.kind === 'none' && part.to.startsWith('lib/core/') && part.launcher !== '')
        await layOutPlaceholder(part, release)
    }
    await setUp(release)
    return { result: undefined, summary: `${components.length} parts` }
  })
}
