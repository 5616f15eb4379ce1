import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sha256 } from '../cluster/cluster.js'
import type { Installed } from './dependencies.js'
import { isFolder } from './disk.js'
import { hashOfText, listFiles, listName, manifestName, renderList, sbomName } from './files.js'
import type { MakeOptions } from './job.js'
import { bundledPart, type Manifest, readDependencies } from './manifest.js'
import type { Obtained } from './obtain.js'
import { sbomOf } from './sbom.js'

/** Writes down what a release is made of, beside it: manifest, list of files, bill of materials. */
export async function writeBundle(
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
export async function putAside(out: string, release: string): Promise<void> {
  if (await isFolder(out)) await rename(out, `${release}.before`)
}
