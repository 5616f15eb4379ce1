import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorProblem, type Problem, ProblemError, UsageError } from '../errors.js'
import { type Installed, installDependencies } from './dependencies.js'
import { flavourOf } from './inspect.js'
import type { MakeOptions, MakeTools } from './job.js'
import type { Opened } from './open-part.js'
import { inPhase } from './progress.js'
import { truenoPart } from './table.js'
import { prepareManifest, programsOf, readManifest, takePackage } from './trueno-package.js'

/** Begins the release: Trueno itself, with its dependencies. @throws ProblemError */
export async function installTrueno(
  opened: readonly Opened[],
  release: string,
  options: MakeOptions,
  tools: MakeTools,
): Promise<Installed> {
  const trueno = opened.find(({ choice }) => choice.name === truenoPart)
  if (trueno === undefined) throw new UsageError([noTrueno()])
  return inPhase(tools.emit, { id: 'install', title: 'Install dependencies' }, async (say) => {
    await refuseOtherFlavour(trueno.root, options)
    const manifest = prepareManifest(await readManifest(trueno.root))
    await mkdir(release)
    await takePackage(trueno.root, release)
    await writeFile(join(release, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
    for (const program of programsOf(manifest)) await chmod(join(release, program), 0o755).catch(() => {})
    const store = { directory: tools.cacheDirectory }
    const installed = await installDependencies(manifest, release, {
      ...tools,
      store,
      platform: options.platform,
      lock: options.npmLock,
      say,
    })
    if (installed.lock !== options.npmLock) await tools.onNpmLock(installed.lock)
    return { result: installed, summary: installed.isNew ? 'by npm' : 'from the cache' }
  })
}

function noTrueno(): Problem {
  return errorProblem({
    code: 'source-missing',
    title: 'There is no Trueno to bundle',
    cause: '--source trueno=none leaves out what the bundle is for',
    remedy: 'give a folder, a git checkout or a .tgz of it: --source trueno=PATH',
  })
}

async function refuseOtherFlavour(root: string, { flavour }: MakeOptions): Promise<void> {
  const found = await flavourOf(root)
  if (found === null || found === flavour) return
  throw new ProblemError([
    errorProblem({
      code: 'bundle-flavour',
      title: 'The components do not belong to this Trueno',
      cause: `the package is of the branch ${found}, and the components are those of ${flavour}`,
      evidence: 'conf/trueno-component-sources.yaml',
      remedy: `give --flavour ${found}, or another package: --source trueno=PATH`,
    }),
  ])
}
