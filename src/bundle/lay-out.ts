import { chmod, copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { binaries } from '../trueno/release.js'
import type { Part } from './table.js'

/** Moves an opened part to where it belongs in the release, without what is not wanted of it. */
export async function layOut(root: string, part: Part, release: string): Promise<void> {
  for (const path of part.leaveOut ?? []) await rm(join(root, path), { recursive: true, force: true })
  for (const path of part.empty ?? []) await clear(join(root, path))
  for (const path of part.programs ?? []) await chmod(join(root, path), 0o755)
  const to = join(release, part.to)
  await rm(to, { recursive: true, force: true })
  await mkdir(dirname(to), { recursive: true })
  if (part.keep === undefined) await rename(root, to)
  else await moveOnly(root, part.keep, to)
}

async function moveOnly(root: string, kept: readonly string[], to: string): Promise<void> {
  for (const path of kept) {
    await mkdir(dirname(join(to, path)), { recursive: true })
    // What is there is kept; not every archive has all of it.
    await rename(join(root, path), join(to, path)).catch(() => {})
  }
}

async function clear(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true })
}

/** Lays out the stand-in of a component, and what all of them share. */
export async function layOutStandin(part: Part, standin: string, release: string): Promise<void> {
  for (const path of [part.to, 'lib/standin']) await copyFolder(join(standin, path), join(release, path))
}

/** The rest of what `trueno setup -p` does: Trueno's own graph goes into the Gremlin server (contract, 3). */
export async function setUp(release: string): Promise<void> {
  const own = join(release, 'conf', 'gremlin-server')
  const server = join(release, binaries, 'gremlin_server')
  if (!(await isThere(server))) return
  for (const folder of ['conf', 'lib', 'scripts']) await copyFiles(join(own, folder), join(server, folder))
}

/** An empty launcher satisfies Trueno's check where the component is never started (contract, 3). */
export async function layOutPlaceholder({ to, launcher }: Part, release: string): Promise<void> {
  await mkdir(dirname(join(release, to, launcher)), { recursive: true })
  await writeFile(join(release, to, launcher), '')
}

async function copyFiles(from: string, to: string): Promise<void> {
  const items = await readdir(from, { withFileTypes: true }).catch(() => [])
  await mkdir(to, { recursive: true })
  for (const item of items.filter((item) => item.isFile())) await copyFile(join(from, item.name), join(to, item.name))
}

async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const item of await readdir(from, { withFileTypes: true })) {
    if (item.isDirectory()) await copyFolder(join(from, item.name), join(to, item.name))
    else await copyFile(join(from, item.name), join(to, item.name))
  }
}

async function isThere(path: string): Promise<boolean> {
  return readdir(dirname(path)).then(
    (names) => names.includes(basename(path)),
    () => false,
  )
}
