import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorProblem, UsageError } from '../errors.js'
import { isRecord, parse } from '../release/identify.js'
import { inspectRelease } from '../release/read-release.js'
import { hashOfText, type Listed, listFiles, listName, manifestName, parseList } from './files.js'
import type { Manifest } from './manifest.js'

/** What a bundle has become since it was made. */
export interface Checked {
  readonly manifest: Manifest
  /** One line each: `changed lib/trueno.js`; none: it is what it was. */
  readonly differences: readonly string[]
}

/** Reads every file of a bundle and compares it with what was written down; needs no network. @throws UsageError: no bundle */
export async function checkBundle(folder: string, signal: AbortSignal): Promise<Checked> {
  const manifest = await readBundle(folder)
  const text = await readFile(join(folder, listName), 'utf8').catch(() => '')
  const recorded = parseList(text)
  if (recorded === null || hashOfText(text) !== manifest.files.sha256)
    return { manifest, differences: [`changed ${listName}: it is not the list that ${manifestName} names`] }
  const differences = compare(recorded, await listFiles(folder, signal))
  return { manifest, differences: differences.length > 0 ? differences : await otherRelease(folder, manifest, signal) }
}

/** The manifest of a bundle. @throws UsageError */
export async function readBundle(folder: string): Promise<Manifest> {
  const manifest = parse(await readFile(join(folder, manifestName), 'utf8').catch(() => ''))
  if (manifest?.version === 1 && isRecord(manifest.files) && Array.isArray(manifest.parts))
    return manifest as unknown as Manifest
  throw new UsageError([
    errorProblem({
      code: 'bundle-none',
      title: 'There is no bundle',
      cause: manifest === null ? `${folder} has no ${manifestName}` : `${manifestName} in ${folder} is not one of ours`,
      remedy: 'make one with `trueno-deploy bundle`, or name the folder of one',
    }),
  ])
}

function compare(recorded: readonly Listed[], found: readonly Listed[]): readonly string[] {
  const now = new Map(found.map((file) => [file.path, file]))
  const before = new Set(recorded.map(({ path }) => path))
  const gone = recorded.flatMap((file) => differenceOf(file, now.get(file.path)))
  const added = found.filter(({ path }) => !before.has(path)).map(({ path }) => `added ${path}`)
  return [...gone, ...added]
}

function differenceOf(before: Listed, now: Listed | undefined): readonly string[] {
  if (now === undefined) return [`missing ${before.path}`]
  if (now.kind !== before.kind) return [`changed ${before.path}: a ${before.kind} became a ${now.kind}`]
  if (now.content === before.content) return []
  const sizes = now.size === before.size ? 'the same size' : `${before.size} bytes became ${now.size}`
  return [`changed ${before.path}: ${sizes}`]
}

/** All files are right, so the release must be: unless the manifest itself was changed. */
async function otherRelease(folder: string, { release }: Manifest, signal: AbortSignal): Promise<readonly string[]> {
  const { id } = await inspectRelease(folder, signal)
  return id === release ? [] : [`changed ${manifestName}: it names release ${release}, and this is ${id}`]
}
