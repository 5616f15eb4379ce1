import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import type { OpenRelease } from '../../src/release/open.js'
import { type Artifact, binaries } from '../../src/trueno/release.js'
import { layOut } from './packages.js'

/** What a start of Trueno leaves in its own package (contract, 1.4). */
export function runOnce(folder: string): Promise<unknown> {
  return layOut(folder, {
    'conf/pm2-gui-custom.ini': 'generated',
    'lib/core/data/logs/info-logs.log': '{}',
    [`${binaries}/elasticsearch/config/elasticsearch.yml`]: 'cluster.name: trueno\n',
    [`${binaries}/elasticsearch/logs/trueno.log`]: 'started',
    [`${binaries}/elasticsearch/hs_err_pid71.log`]: '#',
    [`${binaries}/gremlin_server/conf/gremlin-server-trueno.yaml`]: 'host: 10.0.0.40\n',
    [`${binaries}/cerebro/RUNNING_PID`]: '71',
  })
}

export function artifactOf({ release }: OpenRelease, name: string): Artifact {
  const artifact = release.artifacts.find((candidate) => candidate.name === name)
  if (artifact === undefined) throw new Error(`no artifact ${name}`)
  return artifact
}

/** The tar of an artifact as a host gets it. */
export async function tarOf(opened: OpenRelease, name: string): Promise<AsyncIterable<Uint8Array>> {
  const file = await opened.open(artifactOf(opened, name).sha256)
  const bytes = await buffer(file.read())
  const tar = file.encoding === 'gz' ? gunzipSync(bytes) : bytes
  return (async function* () {
    yield tar
  })()
}

export async function artifactFiles(cacheDirectory: string): Promise<readonly string[]> {
  const folder = join(cacheDirectory, 'artifacts')
  return (await readdir(folder).catch(() => [])).map((name) => join(folder, name))
}
