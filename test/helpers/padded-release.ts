import { randomBytes } from 'node:crypto'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const standin = new URL('../../remote/standin/', import.meta.url).pathname

/** A release of the stand-in with so many bytes more, which cannot be compressed; gives its folder. */
export function paddedRelease(directory: string, bytes: number): string {
  const folder = join(directory, 'release')
  cpSync(standin, folder, { recursive: true })
  writeFileSync(join(folder, 'lib/padding'), randomBytes(bytes))
  return folder
}
