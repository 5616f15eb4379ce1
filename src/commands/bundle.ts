import { resolve } from 'node:path'
import { checkBundle, readBundle } from '../bundle/check.js'
import type { Manifest } from '../bundle/manifest.js'
import { errorProblem, exitCodes, type Problem, ProblemError, UsageError } from '../errors.js'
import { isMirrorAddress } from '../mirror/mirror.js'
import { openRelease } from '../release/open.js'
import { renderBundle, renderFound } from '../report/bundle-text.js'
import { parseNetworks } from '../ssh/networks.js'
import { systemWorld } from '../system-world.js'
import { makeRelease } from './bundle-make.js'
import type { Outcome } from './context.js'
import { mirrorOf } from './mirror-account.js'
import { packageRoot } from './package-root.js'
import { push } from './push.js'
import { cacheOf } from './session.js'
import { shellWord } from './suggest.js'
import type { VerbRun } from './verb-run.js'

/** `bundle`, `bundle --check`, `bundle ls`, `bundle show`, `bundle push`. */
export async function bundle(run: VerbRun): Promise<Outcome> {
  const { words = [], options } = run.typed
  const [action = ''] = words
  if (options.check === true) return check(run, words[0])
  if (action === '') return make(run)
  const tell = Object.hasOwn(tellers, action) ? tellers[action as keyof typeof tellers] : undefined
  if (tell === undefined) throw wrongUse(`bundle takes ls, show or push, not \`${action}\``)
  return tell(run, words.slice(1))
}

const tellers = { ls, show, push: pushTo } satisfies Record<
  string,
  (run: VerbRun, words: readonly string[]) => Promise<Outcome>
>

async function make(run: VerbRun): Promise<Outcome> {
  const out = folderOf(run)
  const name = relativeTo(out, run.io.workingDirectory)
  const manifest = await makeRelease(run, out, name)
  const { push: mirror } = run.typed.options
  const pushed = mirror === undefined ? [] : [await putOn(mirror, out, run)]
  return { exitCode: exitCodes.done, closing: [...pushed, ...closingOf(manifest, name)] }
}

function closingOf({ release, label }: Manifest, name: string): readonly string[] {
  return [
    `Release ${release.slice(0, 7)} (${label}) is in ${name}.`,
    `Next: trueno-deploy up --release ${shellWord(name)}`,
  ]
}

async function check(run: VerbRun, directory?: string): Promise<Outcome> {
  const folder = folderOf(run, directory)
  const { manifest, differences } = await checkBundle(folder, run.signal)
  const ok = differences.length === 0
  const { release, files } = manifest
  if (run.typed.options.json)
    run.print(`${JSON.stringify({ version: 1, ok, release, files: files.count, differences })}\n`)
  else if (ok) run.print(`✔ ${folder} is what it was: release ${release.slice(0, 7)}, ${files.count} files.\n`)
  if (ok) return { exitCode: exitCodes.done, closing: [] }
  if (run.typed.options.json) return { exitCode: exitCodes.failed, closing: [] }
  throw new ProblemError([changed(folder, differences)])
}

const shownDifferences = 20

function changed(folder: string, differences: readonly string[]): Problem {
  const shown = differences.slice(0, shownDifferences)
  const more = differences.length - shown.length
  return errorProblem({
    code: 'bundle-changed',
    title: 'The bundle is not what it was',
    cause: `${differences.length === 1 ? '1 file' : `${differences.length} files`} of ${folder} differ from what was written down when it was made`,
    evidence: [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('\n'),
    remedy: 'make it again with `trueno-deploy bundle`: from the same sources and lock it is the same',
  })
}

async function ls(run: VerbRun, [directory]: readonly string[]): Promise<Outcome> {
  const manifest = await readBundle(folderOf(run, directory))
  run.print(run.typed.options.json ? `${JSON.stringify(manifest)}\n` : renderBundle(manifest, run))
  return { exitCode: exitCodes.done, closing: [] }
}

async function show(run: VerbRun, [name, directory]: readonly string[]): Promise<Outcome> {
  if (name === undefined) throw wrongUse('bundle show takes the name of a part or of an npm package')
  const manifest = await readBundle(folderOf(run, directory))
  const parts = manifest.parts.filter((part) => part.name === name)
  const packages = manifest.dependencies.filter((dependency) => dependency.name === name)
  if (parts.length + packages.length === 0) throw new UsageError([unknownPart(name, manifest)])
  const found = { parts, packages }
  run.print(run.typed.options.json ? `${JSON.stringify({ version: 1, ...found })}\n` : renderFound(found, run))
  return { exitCode: exitCodes.done, closing: [] }
}

async function pushTo(run: VerbRun, [url, directory]: readonly string[]): Promise<Outcome> {
  if (url === undefined) throw wrongUse('bundle push takes the address of a mirror')
  const folder = folderOf(run, directory)
  const cluster = relativeTo(folder, run.io.workingDirectory)
  run.emit({ kind: 'runStarted', verb: 'bundle push', cluster, hosts: 1, noun: 'mirror', release: null })
  const said = await putOn(url, folder, run)
  return {
    exitCode: exitCodes.done,
    closing: [said, `Hosts get it from there with \`mirror: ${url}\` in the inventory.`],
  }
}

/** What came of it, for people. */
async function putOn(url: string, folder: string, { io, emit, signal }: VerbRun): Promise<string> {
  if (!isMirrorAddress(url)) throw wrongUse(`a mirror is https://HOST/PATH or s3://BUCKET/PREFIX, not \`${url}\``)
  const mirror = await mirrorOf(url, io)
  await using release = await openRelease(folder, { cacheDirectory: cacheOf(io), packageRoot, signal })
  const only = parseNetworks(io.env.TRUENO_DEPLOY_ONLY)
  const { sent, bytes, kept } = await push(release, mirror, {
    world: systemWorld,
    emit,
    signal,
    only,
    environment: io.env,
  })
  const there = kept === 0 ? '' : `, ${kept} were there`
  return `${sent} parts (${(bytes / 1e6).toFixed(1)} MB) were put on ${url}${there}.`
}

function unknownPart(name: string, { parts }: Manifest): Problem {
  return errorProblem({
    code: 'bundle-part-unknown',
    title: 'There is no such part',
    cause: `the bundle has no part and no npm package \`${name}\``,
    remedy: `its parts are ${parts.map((part) => part.name).join(', ')}; \`trueno-deploy bundle ls\` lists them`,
  })
}

function folderOf({ typed, io }: VerbRun, directory = typed.options.out ?? 'trueno-release'): string {
  return resolve(io.workingDirectory, directory)
}

function relativeTo(path: string, folder: string): string {
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path
}

function wrongUse(cause: string): UsageError {
  const remedy = 'see `trueno-deploy bundle --help`'
  return new UsageError([errorProblem({ code: 'wrong-use', title: 'wrong use', cause, remedy })])
}
