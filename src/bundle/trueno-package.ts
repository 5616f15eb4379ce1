import { cp, lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isShipped } from '../release/content.js'
import { isRecord, parse } from '../release/identify.js'
import { binaries } from '../trueno/release.js'

/** The newest pm2 that shows Trueno the lines it waits for is 2.8.0; this one was tried most (contract, 1.1). */
const heldPm2 = '2.6.1'
const goodPm2 = /^2\.(?:[0-8])\.\d+$/
/** Trueno's logger loads it without declaring it (contract, 2). */
const undeclared = { moment: '^2.10.0' }

/** Copies from an opened Trueno package what npm would pack of it; engines that lie in it come from their own sources. */
export async function takePackage(root: string, release: string): Promise<void> {
  const manifest = await readManifest(root)
  const names = await readdir(root)
  for (const name of names.filter((name) => isPacked(name, manifest)).sort())
    await cp(join(root, name), join(release, name), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => isTaken(path.slice(root.length + 1)),
    })
}

export async function readManifest(root: string): Promise<Readonly<Record<string, unknown>>> {
  return parse(await readFile(join(root, 'package.json'), 'utf8').catch(() => '')) ?? {}
}

const always = /^(?:package\.json|readme|licen[cs]e|notice)(?:\..*)?$/i

function isPacked(name: string, { files }: Readonly<Record<string, unknown>>): boolean {
  if (always.test(name)) return true
  if (name === 'node_modules' || name === 'runtime' || name === 'package-lock.json') return false
  return !Array.isArray(files) || files.some((entry) => String(entry).split('/')[0] === name)
}

function isTaken(path: string): boolean {
  return isShipped(path) && !path.startsWith(`${binaries}/`)
}

/**
 * The package.json that is installed from and shipped: pm2 held at a version that works, what Trueno loads without
 * declaring it declared, nothing to run at installation, nothing for developers.
 */
export function prepareManifest(manifest: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { devDependencies: _, scripts: __, overrides, ...rest } = manifest
  const declared = isRecord(manifest.dependencies) ? manifest.dependencies : {}
  const pm2 = typeof declared.pm2 === 'string' && goodPm2.test(declared.pm2) ? declared.pm2 : heldPm2
  return {
    ...rest,
    dependencies: { ...undeclared, ...declared, pm2 },
    overrides: { ...(isRecord(overrides) ? overrides : {}), pm2: '$pm2' },
  }
}

/** Files that npm makes executable when it packs. */
export function programsOf({ bin }: Readonly<Record<string, unknown>>): readonly string[] {
  if (typeof bin === 'string') return [bin]
  return isRecord(bin) ? Object.values(bin).map(String) : []
}

/** A component lies in the package itself, laid out and not a mere placeholder. */
export async function hasLauncher(folder: string, launcher: string): Promise<boolean> {
  return lstat(join(folder, launcher)).then(
    (stats) => stats.isFile() && stats.size > 0,
    () => false,
  )
}
