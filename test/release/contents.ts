import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** What is in a folder, a line for each: `name/`, `name -> target`, `name 644 content`. Empty where there is none. */
export async function contentsOf(folder: string): Promise<readonly string[]> {
  const names = [...(await namesIn(folder))].sort()
  const lines = names.map(async (name) => {
    const stats = await lstat(join(folder, name))
    if (stats.isSymbolicLink()) return `${name} -> ${await readlink(join(folder, name))}`
    if (stats.isDirectory()) return `${name}/`
    return `${name} ${(stats.mode & 0o777).toString(8)} ${await readFile(join(folder, name), 'utf8')}`
  })
  return Promise.all(lines)
}

/** Paths of all that is below a folder, in no order. Links are not followed: they may lead round in circles. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
}
