import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorProblem, UsageError } from '../errors.js'
import { launchers } from '../trueno/release.js'
import { isFileError } from './faults.js'

/** `package.json` of a Trueno package, as far as we use it. */
export interface Manifest {
  readonly name: 'trueno'
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
  /** What the package says of itself to us; not yet checked. Undefined: nothing. */
  readonly truenoDeploy: unknown
}

/** Reads the manifest of a Trueno package; `path` is what people call it. UsageError: the folder is something else, and what. */
export async function identify(root: string, path: string): Promise<Manifest> {
  const text = await readText(join(root, 'package.json'))
  if (text === null) throw notTrueno(path, await whatIsFolder(root))
  const manifest = parse(text)
  if (manifest === null) throw notTrueno(path, 'its package.json is not valid JSON')
  if (manifest.name !== 'trueno') throw notTrueno(path, `it is the package ${JSON.stringify(manifest.name ?? '')}`)
  return {
    name: 'trueno',
    version: typeof manifest.version === 'string' ? manifest.version : '0.0.0',
    dependencies: isRecord(manifest.dependencies) ? (manifest.dependencies as Record<string, string>) : {},
    truenoDeploy: manifest.truenoDeploy,
  }
}

/** A file's text; null when there is none. */
export async function readText(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isFileError(error, 'ENOENT') || isFileError(error, 'ENOTDIR')) return null
    throw error
  }
}

export function parse(json: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(json)
    return isRecord(value) ? value : null
  } catch {
    return null
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function notTrueno(path: string, what: string): UsageError {
  return new UsageError([
    errorProblem({
      code: 'release-not-trueno',
      title: 'This is not a Trueno package',
      cause: `${path} is not a Trueno package: ${what}`,
      remedy: 'give the folder that holds the package.json named trueno, a .tgz of it, or the word `standin`',
    }),
  ])
}

async function whatIsFolder(root: string): Promise<string> {
  const names = await readdir(root)
  if (names.length === 0) return 'it is empty'
  for (const [path, what] of hints) if ((await readText(join(root, path))) !== null) return what
  return `it has no package.json, only ${names.sort().slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`
}

const hints: readonly (readonly [string, string])[] = [
  ['package/package.json', 'the package is in its folder package'],
  ['trueno/package.json', 'the package is in its folder trueno'],
  [
    'node_modules/trueno/package.json',
    'Trueno is a dependency of it, and looks for its own dependencies in the wrong place then',
  ],
  ['cluster.json', 'it holds a cluster.json, but no release'],
  ...Object.entries(launchers).map(([engine, file]): [string, string] => [file, `it is the component ${engine} alone`]),
]
