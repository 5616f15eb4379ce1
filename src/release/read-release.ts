import { UsageError } from '../errors.js'
import type { Artifact, Release } from '../trueno/release.js'
import { isShipped } from './content.js'
import { readDeclaration } from './declaration.js'
import { describe } from './describe.js'
import { type Digest, digest } from './digest.js'
import { changedProblem } from './faults.js'
import { identify } from './identify.js'
import { inspect } from './inspect.js'
import { folderSource, type Source } from './locate.js'
import { partsOf, runtimeFolder } from './parts.js'
import { type Runtimes, readRuntimes } from './runtime.js'
import { readTree, type Tree } from './tree.js'

/** Reads the folder of a release, by the same rules, without keeping anything of it. UsageError: all that is wrong with it. */
export async function inspectRelease(folder: string, signal?: AbortSignal): Promise<Release> {
  return readRelease(folderSource(folder), signal)
}

/** Reads all of a release: what it is, and what each part of it hashes to. UsageError: all that is wrong with it. */
export async function readRelease(source: Source, signal?: AbortSignal): Promise<Release> {
  const { path, origin } = source
  const tree = await source.tree()
  const manifest = await identify(tree.root, path)
  const { declared, problems } = readDeclaration(manifest.truenoDeploy)
  const node = await readRuntimes(tree, path)
  const found = await inspect({ path, origin, tree, manifest, kind: declared.kind ?? 'trueno' })
  const all = [...problems, ...found, ...node.problems]
  if (all.length > 0) throw new UsageError(all)
  const description = describe({ version: manifest.version, declared, runtimes: node.runtimes, entries: tree.entries })
  const { id, artifacts } = await digestUnchanged(tree, path, signal)
  return { ...description, id, artifacts: artifacts.map((artifact) => withRuntime(artifact, node.runtimes)) }
}

function withRuntime(artifact: Artifact, runtimes: Runtimes): Artifact {
  const runtime = runtimes.get(artifact.name.replace(`${runtimeFolder}-`, `${runtimeFolder}/`))
  return runtime === undefined ? artifact : { ...artifact, runtime }
}

/** What was hashed must be what was looked at, or the cache would keep a release that never was. */
async function digestUnchanged(tree: Tree, path: string, signal?: AbortSignal): Promise<Digest> {
  const result = await digest(tree.root, partsOf(tree.entries), signal)
  const { fingerprint } = await readTree(tree.root, isShipped)
  if (fingerprint !== tree.fingerprint) throw new UsageError([changedProblem(path)])
  return result
}
