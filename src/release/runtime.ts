import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { errorProblem, type Problem } from '../errors.js'
import { type Platform, platforms, type Runtime, runsOn } from '../trueno/release.js'
import { elfHeadBytes, runtimeOf } from './elf.js'
import { isFileError } from './faults.js'
import { platformFolders, runtimeFolder } from './parts.js'
import type { Tree } from './tree.js'

/** What the Nodes of a package run on, by the folder they are in (`runtime`, `runtime/linux-arm64`). */
export type Runtimes = ReadonlyMap<string, Runtime>

/** The Nodes that a package brings, one for all hosts or one for each platform; and what is wrong with them. */
export async function readRuntimes(
  tree: Tree,
  path: string,
): Promise<{ runtimes: Runtimes; problems: readonly Problem[] }> {
  const folders = platformFolders(tree.entries)
  const strangers = folders.filter((name) => !isPlatform(name))
  const known = folders.filter(isPlatform).map((name) => read(tree, path, `${runtimeFolder}/${name}`, platforms[name]))
  const all = [...(mustHaveNode(tree, folders) ? [read(tree, path, runtimeFolder, null)] : []), ...known]
  const found = await Promise.all(all)
  return {
    runtimes: new Map(found.flatMap((one) => ('runtime' in one ? [[one.folder, one.runtime] as const] : []))),
    problems: [
      ...strangers.map((name) =>
        faulty(path, runtimeFolder, `${runtimeFolder}/${name} is for no platform that is known`),
      ),
      ...found.flatMap((one) => ('problem' in one ? [one.problem] : [])),
    ],
  }
}

function isPlatform(name: string): name is Platform {
  return Object.hasOwn(platforms, name)
}

/** A folder for runtimes with none but Java in it, or with those of single platforms, is in order. */
function mustHaveNode({ entries }: Tree, folders: readonly string[]): boolean {
  const has = (wanted: string): boolean => entries.some(({ path }) => path === wanted)
  return has('runtime') && (has('runtime/node') || !(has('runtime/java') || folders.length > 0))
}

type Read = { readonly folder: string; readonly runtime: Runtime } | { readonly problem: Problem }

async function read(tree: Tree, path: string, folder: string, wanted: Runtime | null): Promise<Read> {
  const file = `${folder}/node/bin/node`
  const program = await readProgram(join(tree.root, file))
  const fault = (cause: string): Read => ({ problem: faulty(path, folder, cause) })
  if (program === null) return fault(`${file} is not there, though there is a folder ${folder}`)
  const { runtime } = program
  if (runtime === null) return fault(`${file} is not a program for Linux`)
  if (!program.executable) return fault(`${file} may not be executed`)
  if (wanted !== null && !runsOn(runtime, wanted))
    return fault(`${file} is a program for ${runtime.arch} with ${runtime.libc}`)
  return { folder, runtime }
}

async function readProgram(file: string): Promise<{ runtime: Runtime | null; executable: boolean } | null> {
  try {
    await using handle = await open(file)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(elfHeadBytes), 0, elfHeadBytes, 0)
    return { runtime: runtimeOf(buffer.subarray(0, bytesRead)), executable: ((await handle.stat()).mode & 0o111) !== 0 }
  } catch (error) {
    if (isFileError(error, 'ENOENT') || isFileError(error, 'ENOTDIR') || isFileError(error, 'EISDIR')) return null
    throw error
  }
}

function faulty(path: string, folder: string, cause: string): Problem {
  const places = `${folder}/node, so that ${folder}/node/bin/node is its executable`
  return errorProblem({
    code: 'release-runtime',
    title: 'The Node of the release cannot be used',
    cause: `in ${path} ${cause}`,
    remedy: `put the unpacked Linux build of Node 8 or 12 at ${places}, or remove the folder ${folder}: then the hosts' own Node is used. For hosts that differ there can be one in each of ${Object.keys(platforms).join(', ')} below ${runtimeFolder}`,
  })
}
