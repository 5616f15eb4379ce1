import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errorProblem, UsageError } from '../errors.js'
import { type Choice, choose } from './choose.js'
import { isFolder, needRoom } from './disk.js'
import { manifestName } from './files.js'
import type { MakeOptions, MakeTools } from './job.js'
import { inPhase } from './progress.js'
import { truenoPart } from './table.js'
import { hasLauncher } from './trueno-package.js'

/** What the bundle will be made of, before anything is fetched. @throws UsageError with what keeps it from being made there */
export function resolveParts(options: MakeOptions, { emit, clients }: MakeTools): Promise<readonly Choice[]> {
  const { table, out, flavour, platform } = options
  return inPhase(emit, { id: 'resolve', title: 'Resolve' }, async () => {
    await refuseForeign(out)
    const chosen = await withOwnComponents(choose(table, options))
    await needRoom(dirname(out), roomOf(chosen), 'the bundle', clients)
    return { result: chosen, summary: `${table.flavours[flavour]?.title}, for ${platform}` }
  })
}

/** Somebody's folder is not ours to replace. */
async function refuseForeign(out: string): Promise<void> {
  const names = await readdir(out).catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? [] : [error.code],
  )
  if (names.length === 0 || names.includes(manifestName)) return
  throw new UsageError([
    errorProblem({
      code: 'bundle-out',
      title: 'The bundle cannot be put there',
      cause: `${out} is there, and is no bundle`,
      evidence: names.slice(0, 5).join(', '),
      remedy: 'name a folder that does not exist yet, or a bundle that may be replaced: --out DIR',
    }),
  ])
}

/** Components that somebody has laid out in his Trueno package already are taken from there, unless he says otherwise. */
async function withOwnComponents(choices: readonly Choice[]): Promise<readonly Choice[]> {
  const spec = choices.find(({ name }) => name === truenoPart)?.candidates[0]?.spec
  if (spec?.kind !== 'path' || !(await isFolder(spec.path))) return choices
  return Promise.all(
    choices.map(async (choice) => {
      const path = join(spec.path, choice.part.to)
      const isOwn = choice.name !== truenoPart && choice.part.launcher !== ''
      if (choice.isGiven || !isOwn || !(await hasLauncher(path, choice.part.launcher))) return choice
      return { ...choice, candidates: [{ spec: { kind: 'path', path }, version: '' }] }
    }),
  )
}

const mebibyte = 1024 * 1024
/** Of the dependencies, MiB. */
const dependencyRoom = 160

function roomOf(choices: readonly Choice[]): number {
  const wanted = choices.filter(({ candidates: [first] }) => first !== undefined && first.spec.kind !== 'none')
  return mebibyte * wanted.reduce((sum, { part }) => sum + part.room, dependencyRoom)
}
