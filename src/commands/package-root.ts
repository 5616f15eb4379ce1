import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where trueno-deploy itself is installed, absolute and without a slash at its end. */
export const packageRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** The version in its package.json. */
export function packageVersion(): string {
  return JSON.parse(readFileSync(`${packageRoot}/package.json`, 'utf8')).version
}
