import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Sha256 } from '../cluster/cluster.js'
import { isRecord, parse } from '../release/identify.js'
import type { Listed } from './files.js'
import type { Obtained } from './obtain.js'
import { specText } from './spec.js'

/** `bundle.json`: what a bundle is made of. Nothing in it depends on when or where it was made. */
export interface Manifest {
  readonly version: 1
  /** The trueno-deploy that made it. */
  readonly tool: string
  readonly release: Sha256
  /** For people: `Trueno dev, Elasticsearch 5.4.2, …`. */
  readonly label: string
  readonly flavour: string
  readonly platform: string
  readonly parts: readonly BundledPart[]
  /** npm packages below node_modules. */
  readonly dependencies: readonly Dependency[]
  /** The list of files beside it. */
  readonly files: { readonly count: number; readonly bytes: number; readonly sha256: Sha256 }
}

export interface BundledPart {
  readonly name: string
  readonly title: string
  /** Empty: not known. */
  readonly version: string
  readonly licence: string
  /** As `--source` takes it; the name alone of a file or folder of the user's. */
  readonly source: string
  /** Of the archive it came from; absent: it came from a folder. */
  readonly sha256?: Sha256
  /** Of that archive. */
  readonly archiveBytes?: number
  readonly to: string
  readonly files: number
  readonly bytes: number
  /** What it costs that it is a stand-in, or not there. */
  readonly cost?: string
}

export interface Dependency {
  /** Below the release: `node_modules/pm2`. */
  readonly path: string
  readonly name: string
  readonly version: string
  readonly licence: string
  /** As npm writes it (`sha512-…`); empty: not known. */
  readonly integrity: string
}

/** What the bundle says of one part. */
export function bundledPart(obtained: Obtained, files: readonly Listed[], others: readonly string[]): BundledPart {
  const { choice, from } = obtained
  const { name, part } = choice
  const own = from.kind === 'none' ? [] : files.filter(({ path }) => isPartOf(path, part.to, others))
  return {
    name,
    title: part.title,
    version: obtained.version || versionIn(obtained),
    licence: part.licence,
    source: sourceOf(obtained),
    ...(from.kind === 'stored' && { sha256: from.file.sha256, archiveBytes: from.file.bytes }),
    to: part.to,
    files: own.length,
    bytes: own.reduce((sum, { size }) => sum + size, 0),
    ...costOf(obtained),
  }
}

function costOf({ choice: { part }, from }: Obtained): { cost?: string } {
  if (from.kind === 'standin') return { cost: part.standin ?? '' }
  return from.kind === 'none' && part.without !== '' ? { cost: part.without } : {}
}

function isPartOf(path: string, to: string, others: readonly string[]): boolean {
  if (to !== '') return path.startsWith(`${to}/`)
  return !others.some((other) => path.startsWith(`${other}/`))
}

function sourceOf({ from }: Obtained): string {
  if (from.kind === 'stored') return from.source
  return from.kind === 'path' ? basename(from.path) : specText(from)
}

/** Given by the user: its own name often tells. */
function versionIn(obtained: Obtained): string {
  if (obtained.from.kind !== 'path' && obtained.from.kind !== 'stored') return ''
  const text = sourceOf(obtained)
  return /(?:==|@|:|-v?)(\d+(?:\.\d+)+[\w.]*?)(?=$|[:-]|\.(?:zip|tgz|tar|whl))/.exec(text)?.[1] ?? ''
}

/** The npm packages of a release, as they are installed. */
export async function readDependencies(root: string, lock: string): Promise<readonly Dependency[]> {
  const packages = parse(lock)?.packages
  const integrities = isRecord(packages) ? packages : {}
  const paths = await packagesBelow(root, 'node_modules')
  const found = await Promise.all(paths.map((path) => readDependency(root, path, integrities[path])))
  return found.filter((dependency) => dependency !== null)
}

async function packagesBelow(root: string, folder: string): Promise<readonly string[]> {
  const items = await readdir(join(root, folder), { withFileTypes: true }).catch(() => [])
  const names = items.filter((item) => item.isDirectory() && !item.name.startsWith('.')).map(({ name }) => name)
  const nested = names.sort().map(async (name) => {
    const path = `${folder}/${name}`
    return name.startsWith('@')
      ? packagesBelow(root, path)
      : [path, ...(await packagesBelow(root, `${path}/node_modules`))]
  })
  return (await Promise.all(nested)).flat()
}

async function readDependency(root: string, path: string, locked: unknown): Promise<Dependency | null> {
  const text = await readFile(join(root, path, 'package.json'), 'utf8').catch(() => '')
  const manifest = parse(text)
  if (manifest === null || typeof manifest.name !== 'string') return null
  const integrity = isRecord(locked) && typeof locked.integrity === 'string' ? locked.integrity : ''
  const version = typeof manifest.version === 'string' ? manifest.version : ''
  return { path, name: manifest.name, version, licence: licenceOf(manifest), integrity }
}

/** Old packages write it in more than one way. */
export function licenceOf({ license, licenses }: Readonly<Record<string, unknown>>): string {
  const texts = [license, ...(Array.isArray(licenses) ? licenses : [licenses])].map((one) =>
    isRecord(one) ? one.type : one,
  )
  return texts.filter((one) => typeof one === 'string' && one !== '').join(' OR ')
}
