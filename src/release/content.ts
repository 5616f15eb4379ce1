import type { Artifact, ComponentDirectory } from '../trueno/release.js'
import { binaries } from '../trueno/release.js'

/** Who needs each component; null: Trueno never starts it, a placeholder launcher is enough everywhere (contract, 5). */
export const neededBy = {
  cerebro: 'members',
  elasticsearch: ['index'],
  gremlin_server: 'members',
  spark: ['master', 'compute'],
  trueno_compute_server: null,
  trueno_elastic_bridge_server: ['index'],
} as const satisfies Record<ComponentDirectory, Artifact['for'] | null>

/** A path of the package is sent to hosts. What is left out is version control, caches, documentation, and what Trueno made while it ran there. */
export function isShipped(path: string): boolean {
  return !leftOut.some((pattern) => pattern.test(path))
}

/**
 * A path counts for the release's id. What Trueno rewrites at every start does not (contract, 1.4): a package that has
 * run and one that has not are the same release.
 */
export function isIdentity(path: string): boolean {
  return path !== elasticsearchConfig && path !== gremlinConfig
}

/** Trueno empties this file on every host before it looks at anything else, so an empty one is what is sent. */
export function isEmptied(path: string): boolean {
  return path === elasticsearchConfig
}

const elasticsearchConfig = `${binaries}/elasticsearch/config/elasticsearch.yml`
const gremlinConfig = `${binaries}/gremlin_server/conf/gremlin-server-trueno.yaml`

const leftOut: readonly RegExp[] = [
  /(^|\/)\.git$/,
  // What a bundle says of itself.
  /^(?:bundle\.json|bundle\.files|sbom\.cdx\.json)$/,
  /(^|\/)node_modules\/\.cache$/,
  // Trueno's own data and what it generates at each start.
  /^lib\/core\/data$/,
  /^conf\/pm2-gui-custom\.ini$/,
  // The component that Trueno never starts.
  inBinaries('trueno_compute_server'),
  // Left behind by engines that ran in this folder.
  inBinaries('[^/]+/logs'),
  inBinaries('[^/]+/hs_err_pid[^/]*'),
  inBinaries('spark/work'),
  inBinaries('cerebro/RUNNING_PID'),
  // `trueno setup` leaves each archive beside what it unpacked from it.
  inBinaries('[^/]+/[^/]+\\.(zip|tgz|tar\\.gz)'),
  // Documentation: 124 of the Gremlin server's 159 MB.
  inBinaries('gremlin_server/(docs|javadocs)'),
]

function inBinaries(pattern: string): RegExp {
  return new RegExp(`^${binaries}/${pattern}$`)
}
