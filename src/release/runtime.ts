import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { errorProblem, type Problem } from '../errors.js'
import type { Runtime } from '../trueno/release.js'
import { elfHeadBytes, runtimeOf } from './elf.js'
import { isFileError } from './faults.js'
import type { Tree } from './tree.js'

/** Where a release has its Node. */
const nodePath = 'runtime/node/bin/node'

/** The Node that a package brings, null when it brings none; and what is wrong with it. */
export async function readRuntime(
  tree: Tree,
  path: string,
): Promise<{ runtime: Runtime | null; problems: readonly Problem[] }> {
  if (!mustHaveNode(tree)) return { runtime: null, problems: [] }
  const program = await readProgram(join(tree.root, nodePath))
  if (program === null) return faulty(path, `${nodePath} is not there, though there is a folder runtime`)
  if (program.runtime === null) return faulty(path, `${nodePath} is not a program for Linux`)
  if (!program.executable) return faulty(path, `${nodePath} may not be executed`)
  return { runtime: program.runtime, problems: [] }
}

/** A folder for runtimes with none but Java in it is in order. */
function mustHaveNode({ entries }: Tree): boolean {
  const has = (wanted: string): boolean => entries.some(({ path }) => path === wanted)
  return has('runtime') && (has('runtime/node') || !has('runtime/java'))
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

function faulty(path: string, cause: string): { runtime: null; problems: readonly Problem[] } {
  const problem = errorProblem({
    code: 'release-runtime',
    title: 'The Node of the release cannot be used',
    cause: `in ${path} ${cause}`,
    remedy: `put the unpacked Linux build of Node 8 or 12 at runtime/node, so that ${nodePath} is its executable, or remove the folder runtime: then the hosts' own Node is used`,
  })
  return { runtime: null, problems: [problem] }
}
