import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { textArchive } from '../../release/text-archive.js'
import { bundleFiles, type Diagnosis } from './bundle.js'

/** Writes a bundle, whole or not at all, readable by its owner only. */
export async function writeBundle(file: string, diagnosis: Diagnosis, epochSeconds: number): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const part = `${file}.part`
  try {
    await writeFile(part, textArchive(bundleFiles(diagnosis), epochSeconds), { mode: 0o600 })
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}
