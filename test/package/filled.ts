import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { identify } from '../../src/release/identify.js'
import { binaries, type ComponentDirectory, launchers } from '../../src/trueno/release.js'

/** A Trueno package in which no engine is missing. */
export interface Filled {
  /** What to deploy: the package itself when nothing was missing in it. */
  readonly release: string
  /** Engines that are the stand-in's. */
  readonly standins: readonly ComponentDirectory[]
  readonly hasRealElasticsearch: boolean
}

/**
 * Fills what a package lacks with the stand-in's engines, in a copy that shares the package's files.
 * @param path folder or archive of a Trueno package; stays as it is
 * @param directory where the copy goes; empty
 * @param standin folder of the stand-in
 * @throws UsageError when it is no Trueno package
 */
export async function fill(path: string, directory: string, standin: string): Promise<Filled> {
  const folder = statSync(path).isDirectory() ? path : unpack(path, join(directory, 'unpacked'))
  await identify(folder, path)
  const missing = engines.filter((engine) => !existsSync(join(folder, binaries, engine, launchers[engine])))
  const hasRealElasticsearch = existsSync(join(folder, binaries, 'elasticsearch/lib')) && hasJars(folder)
  if (missing.length === 0) return { release: path, standins: [], hasRealElasticsearch }
  const release = copyOf(folder, join(directory, 'release'))
  for (const engine of missing) replace(join(binaries, engine), standin, release)
  replace('lib/standin', standin, release)
  if (javaEngines.every((engine) => missing.includes(engine))) declareWithoutJava(join(release, 'package.json'))
  return { release, standins: missing, hasRealElasticsearch }
}

/** Trueno never starts its compute server: we place a placeholder ourselves. */
const engines = (Object.keys(launchers) as ComponentDirectory[]).filter((name) => name !== 'trueno_compute_server')
const javaEngines = ['gremlin_server', 'elasticsearch', 'spark'] as const

function hasJars(folder: string): boolean {
  return readdirSync(join(folder, binaries, 'elasticsearch/lib')).some((name) => name.endsWith('.jar'))
}

function unpack(archive: string, to: string): string {
  mkdirSync(to)
  execFileSync('tar', ['-xzf', archive, '-C', to, '--strip-components=1'], { stdio: ['ignore', 'ignore', 'pipe'] })
  return to
}

/** By hard links; where they cannot be (another file system), by copying. */
function copyOf(folder: string, to: string): string {
  try {
    execFileSync('cp', ['-al', folder, to], { stdio: 'ignore' })
  } catch {
    rmSync(to, { recursive: true, force: true })
    execFileSync('cp', ['-a', folder, to])
  }
  return to
}

function replace(path: string, from: string, to: string): void {
  rmSync(join(to, path), { recursive: true, force: true })
  execFileSync('cp', ['-a', join(from, path), join(to, path)])
}

/** Without an engine of its own, the package needs no Java. Written anew: the file is shared with the package. */
function declareWithoutJava(file: string): void {
  const manifest = JSON.parse(readFileSync(file, 'utf8'))
  rmSync(file)
  writeFileSync(file, JSON.stringify({ ...manifest, truenoDeploy: { ...manifest.truenoDeploy, needsJava: false } }))
}
