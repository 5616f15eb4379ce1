import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Lab } from '../helpers/lab.js'

/** What is temporary in the homes of the hosts. */
export function leftovers({ hosts }: Lab): readonly string[] {
  return hosts.flatMap(({ home }) => ['artifacts', 'releases', 'run'].flatMap((folder) => hiddenIn(join(home, folder))))
}

function hiddenIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('.')) : []
}
