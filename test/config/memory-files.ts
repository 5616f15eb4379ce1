import { resolve } from 'node:path'
import type { ReadFile } from '../../src/config/files.js'
import { type LoadOptions, loadCluster } from '../../src/config/load.js'

/** Files by their paths below `/project`; a list is the lines of one. */
export type Files = Readonly<Record<string, string | readonly string[] | Uint8Array>>

/** Loads from files that exist in the test only. */
export function load(files: Files, options: Partial<LoadOptions> = {}): ReturnType<typeof loadCluster> {
  return loadCluster({
    workingDirectory: '/project',
    homeDirectory: '/home/ada',
    readFile: filesInMemory(files),
    ...options,
  })
}

function filesInMemory(files: Files): ReadFile {
  const byPath = new Map(Object.entries(files).map(([name, content]) => [resolve('/project', name), bytesOf(content)]))
  return async (path) => {
    const bytes = byPath.get(path)
    return bytes === undefined ? { kind: 'missing' } : { kind: 'content', bytes }
  }
}

function bytesOf(content: Files[string]): Uint8Array {
  if (content instanceof Uint8Array) return content
  return new TextEncoder().encode(typeof content === 'string' ? content : `${content.join('\n')}\n`)
}
