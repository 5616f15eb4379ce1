import { chmod, mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Sha256 } from '../cluster/cluster.js'
import type { Emit } from '../engine/events.js'
import { errorProblem, ProblemError, UsageError } from '../errors.js'
import { replacing } from '../release/cache.js'
import type { World } from '../world.js'
import { type Choice, type ChooseOptions, choose } from './choose.js'
import type { Clients } from './clients.js'
import { type Installed, installDependencies } from './dependencies.js'
import { fullProblem, isDiskError, isDiskFull, needRoom, unwritableProblem } from './disk.js'
import { hashOfText, listFiles, listName, manifestName, renderList, sbomName } from './files.js'
import { flavourOf } from './inspect.js'
import { layOut, layOutPlaceholder, layOutStandin, setUp } from './lay-out.js'
import { bundledPart, type Manifest, readDependencies } from './manifest.js'
import { type Obtained, obtain } from './obtain.js'
import { type Opened, openPart } from './open-part.js'
import { forEachRow, inPhase } from './progress.js'
import { sbomOf } from './sbom.js'
import { sizeText } from './size-text.js'
import { type SourceTable, truenoPart } from './table.js'
import { hasLauncher, prepareManifest, programsOf, readManifest, takePackage } from './trueno-package.js'
import { verifyRelease } from './verify-release.js'

export interface MakeOptions extends ChooseOptions {
  readonly table: SourceTable
  /** The folder to make; absolute. One that is a bundle is replaced, any other is left alone. */
  readonly out: string
  /** sha256 of what was fetched earlier, by source. */
  readonly locked: Readonly<Record<string, Sha256>>
  /** npm's lock of an earlier bundle; null: none. */
  readonly npmLock: string | null
  /** Version of trueno-deploy. */
  readonly tool: string
  /** Where trueno-deploy is installed: the stand-in is in it. */
  readonly packageRoot: string
}

export interface MakeTools {
  readonly clients: Clients
  readonly world: World
  readonly emit: Emit
  readonly signal: AbortSignal
  readonly cacheDirectory: string
  /** Is told at once what is to be remembered: sha256 of what was taken, by source. */
  readonly onFetched: (sources: Readonly<Record<string, Sha256>>) => Promise<void>
  readonly onNpmLock: (lock: string) => Promise<void>
}

/** Makes a release from its sources. What fails leaves nothing but the cache. @throws ProblemError */
export async function makeBundle(options: MakeOptions, tools: MakeTools): Promise<Manifest> {
  const choices = await inPhase(tools.emit, { id: 'resolve', title: 'Resolve' }, async () => {
    await refuseForeign(options.out)
    const chosen = await withOwnComponents(choose(options.table, options))
    await needRoom(dirname(options.out), roomOf(chosen), 'the bundle', tools.clients)
    return { result: chosen, summary: `${options.table.flavours[options.flavour]?.title}, for ${options.platform}` }
  })
  const obtained = await fetchAll(choices, options, tools)
  let manifest: Manifest | undefined
  try {
    await replacing(options.out, async (temporary) => {
      manifest = await makeIn(temporary, obtained, options, tools)
    })
  } catch (error) {
    throw await asProblemError(error, options, tools)
  }
  return manifest as Manifest
}

async function makeIn(
  release: string,
  obtained: readonly Obtained[],
  options: MakeOptions,
  tools: MakeTools,
): Promise<Manifest> {
  const opened = await openAll(obtained, `${release}.parts`, tools)
  const installed = await install(opened, release, options, tools)
  await layOutAll(opened, obtained, release, options, tools)
  const { id, label } = await inPhase(tools.emit, { id: 'verify', title: 'Verify' }, async () => {
    const found = await verifyRelease(release, options.out, tools.signal)
    return { result: found, summary: found.label }
  })
  return inPhase(tools.emit, { id: 'write', title: 'Write' }, async () => {
    const made = await describe(release, { id, label }, obtained, installed, options, tools.signal)
    await putAside(options.out, release)
    return { result: made, summary: `${made.files.count} files, ${sizeText(made.files.bytes)}` }
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

async function fetchAll(
  choices: readonly Choice[],
  options: MakeOptions,
  tools: MakeTools,
): Promise<readonly Obtained[]> {
  const store = { directory: tools.cacheDirectory }
  const byName = new Map(choices.map((choice) => [choice.name, choice]))
  const phase = { id: 'fetch', title: 'Fetch', rows: choices.map(({ name }) => name) }
  const fetchedNow: Record<string, Sha256> = {}
  const fetched = forEachRow(
    tools.emit,
    phase,
    async (name, row) => {
      const choice = byName.get(name) as Choice
      const context = { ...options, ...tools, store, platform: choice.platform, onLine: row.say, onBytes: row.bytes }
      const result = await obtain(choice, context)
      if (result.from.kind === 'stored') fetchedNow[result.from.source] = result.from.file.sha256
      return { result, message: howObtained(result) }
    },
    summaryOf,
  )
  const obtained = await fetched.catch(async (error: unknown) => {
    await tools.onFetched(fetchedNow)
    throw await asProblemError(error, options, tools)
  })
  await tools.onFetched(fetchedNow)
  for (const { warnings } of obtained) for (const problem of warnings) tools.emit({ kind: 'problem', problem })
  return obtained
}

function howObtained({ from, version }: Obtained): string {
  const parts = {
    none: () => 'left out',
    standin: () => 'stand-in',
    path: (at: Extract<Obtained['from'], { kind: 'path' }>) => at.path,
    stored: ({ file, isNew, isFirst }: Extract<Obtained['from'], { kind: 'stored' }>) =>
      [
        version,
        sizeText(file.bytes),
        isNew ? '' : 'from the cache',
        isFirst ? `sha256 ${file.sha256.slice(0, 12)}… recorded` : '',
      ]
        .filter((part) => part !== '')
        .join(' · '),
  }
  return parts[from.kind](from as never)
}

function summaryOf(obtained: readonly Obtained[]): string {
  const files = obtained.flatMap(({ from }) => (from.kind === 'stored' ? [from] : []))
  const fresh = files.filter(({ isNew }) => isNew).reduce((sum, { file }) => sum + file.bytes, 0)
  const cached = files.filter(({ isNew }) => !isNew).reduce((sum, { file }) => sum + file.bytes, 0)
  const parts = [
    ...(fresh > 0 ? [`${sizeText(fresh)} fetched`] : []),
    ...(cached > 0 ? [`${sizeText(cached)} from the cache`] : []),
  ]
  return parts.join(', ') || 'nothing to fetch'
}

function openAll(obtained: readonly Obtained[], folder: string, tools: MakeTools): Promise<readonly Opened[]> {
  const at = new Map(obtained.map((one) => [one.choice.name, one]))
  const rows = obtained
    .filter(({ from }) => from.kind === 'stored' || from.kind === 'path')
    .map(({ choice }) => choice.name)
  return forEachRow(
    tools.emit,
    { id: 'unpack', title: 'Unpack', rows },
    async (name) => {
      await mkdir(folder, { recursive: true })
      const result = await openPart(at.get(name) as Obtained, join(folder, name), tools.signal)
      return { result, message: 'unpacked' }
    },
    (results) => `${results.length} parts`,
  )
}

async function install(
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

function noTrueno() {
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

function layOutAll(
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

async function describe(
  release: string,
  { id, label }: { readonly id: Sha256; readonly label: string },
  obtained: readonly Obtained[],
  installed: Installed,
  options: MakeOptions,
  signal: AbortSignal,
): Promise<Manifest> {
  const files = await listFiles(release, signal)
  const list = renderList(files)
  const others = ['node_modules', ...obtained.map(({ choice }) => choice.part.to).filter((to) => to !== '')]
  const manifest: Manifest = {
    version: 1,
    tool: options.tool,
    release: id,
    label,
    flavour: options.flavour,
    platform: options.platform,
    parts: obtained.map((one) => bundledPart(one, files, others)),
    dependencies: await readDependencies(release, installed.lock),
    files: {
      count: files.length,
      bytes: files.reduce((sum, { size }) => sum + size, 0),
      sha256: hashOfText(list),
    },
  }
  await writeFile(join(release, listName), list)
  await writeFile(join(release, sbomName), `${JSON.stringify(sbomOf(manifest), null, 2)}\n`)
  await writeFile(join(release, manifestName), `${JSON.stringify(manifest, null, 2)}\n`)
  return manifest
}

/** The one that is replaced goes away with the scratch folder. */
async function putAside(out: string, release: string): Promise<void> {
  if (await isFolder(out)) await rename(out, `${release}.before`)
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
}

async function asProblemError(error: unknown, { out }: MakeOptions, { clients, signal }: MakeTools): Promise<unknown> {
  if (signal.aborted) return signal.reason
  if (isDiskFull(error)) return new ProblemError([await fullProblem(out, clients, (error as Error).message)])
  return isDiskError(error) ? new ProblemError([unwritableProblem(error as Error)]) : error
}
