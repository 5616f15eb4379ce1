import type { Release } from '../trueno/release.js'
import { type Declaration, realTrueno } from './declaration.js'
import { componentDirectories, folderOf, runtimeFolder, stateOf } from './parts.js'
import type { Runtimes } from './runtime.js'
import type { Entry } from './tree.js'

export interface Described {
  readonly version: string
  readonly declared: Partial<Declaration>
  readonly runtimes: Runtimes
  readonly entries: readonly Entry[]
}

/** What a package is and needs: as it declares, else as real Trueno is. */
export function describe({ version, declared, runtimes, entries }: Described): Omit<Release, 'id' | 'artifacts'> {
  const elasticsearch = versionIn(entries, engines.Elasticsearch)
  const { node, ...settings } = { ...realTrueno, realElasticsearch: elasticsearch !== null, ...declared }
  return {
    ...settings,
    label: declared.label ?? labelOf(version, entries),
    nodeRange: node,
    hasRuntime: runtimes.size > 0,
    ...(hasJava(entries, runtimes) && { hasJava: true }),
    components: componentDirectories.filter((directory) => stateOf(directory, entries) === 'contained'),
  }
}

/** Wherever a host's runtime comes from, there is a Java beside it. */
function hasJava(entries: readonly Entry[], runtimes: Runtimes): boolean {
  const folders = runtimes.size === 0 ? [runtimeFolder] : [...runtimes.keys()]
  return folders.every((folder) => entries.some(({ path }) => path === `${folder}/java/bin/java`))
}

/** `Trueno dev, Elasticsearch 5.3.2, Spark 2.1.2, Gremlin 3.2.3`: engines are known by the names of their jars. */
function labelOf(version: string, entries: readonly Entry[]): string {
  const found = Object.entries(engines).map(([name, jar]) => [name, versionIn(entries, jar)] as const)
  const known = found.filter(([, engine]) => engine !== null).map(([name, engine]) => `${name} ${engine}`)
  return [`Trueno ${version === unreleased ? 'dev' : version}`, ...known].join(', ')
}

const unreleased = '0.0.0'

const engines = {
  Elasticsearch: jarOf('elasticsearch', 'lib/elasticsearch'),
  Spark: jarOf('spark', 'jars/spark-core_[0-9.]+'),
  Gremlin: jarOf('gremlin_server', 'lib/gremlin-server'),
}

function jarOf(directory: Parameters<typeof folderOf>[0], jar: string): RegExp {
  return new RegExp(`^${folderOf(directory)}/${jar}-(\\d+\\.\\d+[^/]*)\\.jar$`)
}

function versionIn(entries: readonly Entry[], jar: RegExp): string | null {
  for (const { path } of entries) {
    const version = jar.exec(path)?.[1]
    if (version !== undefined) return version
  }
  return null
}
